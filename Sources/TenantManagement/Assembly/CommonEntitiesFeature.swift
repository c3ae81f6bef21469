import ServiceKit
import ServicePlatform

/// The entities that have the common operations and no others.
struct CommonEntitiesFeature: ServiceFeature {
    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        operations = TenantManagementCatalog.resources.flatMap {
            $0.operations(
                pool: core.platform.pool, catalog: core.catalog, limits: core.platform.queryLimits,
                views: TenantManagementCatalog.views, clock: core.platform.clock)
        }
    }
}
