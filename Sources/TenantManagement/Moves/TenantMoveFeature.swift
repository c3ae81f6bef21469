import ServiceKit
import ServicePlatform

/// Moves of tenants' data between data servers.
struct TenantMoveFeature: ServiceFeature {
    static let events = [MoveEvents.requested, MoveEvents.succeeded, MoveEvents.failed, MoveEvents.confirmed]

    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        operations =
            MoveController(
                service: MoveService(
                    pool: core.platform.pool, tenants: core.tenants, repository: core.provisionings,
                    planner: core.provisioning.planner)
            ).operations
    }
}
