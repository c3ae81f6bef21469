import MessageBus
import ServiceKit
import ServicePlatform

/// Suspensions of tenants, with the reasons for them.
struct SuspensionFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(TenantSuspension.entity, viewPermissions: SuspensionPolicy.view.permissions)
    ]

    static let events = [SuspensionEvents.suspended, SuspensionEvents.reactivated]

    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        let platform = core.platform
        operations =
            SuspensionController(
                service: SuspensionService(pool: platform.pool, cache: core.cache),
                suspensions: core.repository(TenantSuspension.entity), tenants: core.tenants, catalog: core.catalog,
                limits: platform.queryLimits
            ).operations
    }
}
