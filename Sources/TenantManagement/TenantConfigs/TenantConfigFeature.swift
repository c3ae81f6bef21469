import Entities
import ServiceKit
import ServicePlatform

/// Settings of tenants.
struct TenantConfigFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(TenantConfig.entity, viewPermissions: TenantConfigPolicy.access.view.permissions)
    ]

    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        operations =
            TenantConfigController(
                crud: core.crud(
                    TenantConfig.entity, "/tenant-configs", "TenantMgmtConfigController",
                    TenantConfigPolicy.access),
                configs: core.repository(TenantConfig.entity), tenants: core.tenants
            ).operations
    }
}
