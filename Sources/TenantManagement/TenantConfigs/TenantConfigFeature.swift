import ServiceKit
import ServicePlatform

/// Settings of tenants.
struct TenantConfigFeature: ServiceFeature {
    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        operations =
            TenantConfigController(
                crud: core.crud(
                    TenantConfig.entity, "/tenant-configs", "TenantMgmtConfigController",
                    TenantConfigController.permissions),
                configs: core.repository(TenantConfig.entity), tenants: core.tenants
            ).operations
    }
}
