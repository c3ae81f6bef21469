import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Roles: built in, of `ROLES_FILE`, and own ones.
struct RoleFeature: ServiceFeature {
    static let entities = [FeatureEntity(StoredRole.entity, viewPermissions: RolePolicy.access.view.permissions)]
    static let events = [RoleEvents.changed]

    let operations: [Operation]
    let background: [any Service]
    let healthChecks: [HealthCheck]

    init(_ core: TenantManagementCore) {
        let platform = core.platform
        let follower = RoleFollower(
            RoleRepository.reading, pool: platform.database.changesPool, book: platform.roles, logger: platform.logger)
        let repository = RoleRepository(pool: platform.pool)
        operations =
            RoleController(
                crud: core.crud(StoredRole.entity, RoleController.path, "RoleController", RolePolicy.access),
                service: RoleService(
                    roles: core.repository(StoredRole.entity), repository: repository, follower: follower)
            ).operations
        background = [
            follower,
            RoleListing(repository: repository, book: platform.roles, logger: platform.logger),
        ]
        healthChecks = [follower.healthCheck]
    }
}
