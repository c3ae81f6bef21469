import Entities
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Prepaid credits of tenants.
struct PrepaidCreditFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(CreditGrant.entity, viewPermissions: CreditGrantPolicy.access.view.permissions)
    ]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let repository = CreditGrantRepository(pool: platform.pool)
        operations =
            CreditGrantController(
                crud: core.crud(
                    CreditGrant.entity, CreditGrantController.path, "CreditGrantController", CreditGrantPolicy.access),
                grants: core.repository(CreditGrant.entity), repository: repository,
                meters: MeterRepository(
                    entities: core.repository(Meter.entity), features: core.repository(Feature.entity)),
                tenants: EntitledTenants(pool: platform.pool), time: core.tenantTime
            ).operations
        background = [CreditExpiry(repository: repository, logger: platform.logger)]
    }
}
