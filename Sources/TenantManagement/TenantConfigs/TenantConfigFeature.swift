import Entities
import KeyRotation
import Sealing
import ServiceKit
import ServicePlatform

/// Settings of tenants.
struct TenantConfigFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(TenantConfig.entity, viewPermissions: TenantConfigPolicy.access.view.permissions)
    ]

    let operations: [Operation]

    init(_ core: TenantManagementCore) {
        let platform = core.platform
        let configs = EntityRepository(
            pool: platform.pool, entity: TenantConfig.entity, catalog: core.catalog, clock: platform.clock,
            sealer: IdentitySecretSealer(keys: platform.encryptionKeys).members)
        operations =
            TenantConfigController(
                crud: core.crud(
                    TenantConfig.entity, "/tenant-configs", "TenantMgmtConfigController",
                    TenantConfigPolicy.access, repository: configs),
                configs: configs, tenants: core.tenants
            ).operations
    }
}
