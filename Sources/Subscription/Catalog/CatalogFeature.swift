import Entities
import ServiceKit
import ServicePlatform

/// What can be subscribed to: plans with their prices, features and currencies.
struct CatalogFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(Plan.entity, viewPermissions: PlanPolicy.access.view.permissions),
        FeatureEntity(PlanCurrency.entity, viewPermissions: CurrencyPolicy.access.view.permissions),
        FeatureEntity(PlanVersion.entity, viewPermissions: PlanVersionPolicy.view.permissions),
    ]

    let operations: [Operation]
    let caches: [String: EntityCache]
    let healthChecks: [HealthCheck]

    init(_ core: SubscriptionCore) {
        let limits = core.platform.queryLimits
        let prices = PlanPriceCheck(
            plans: core.plans, currencies: core.currencies,
            prices: PlanPriceRepository(
                plans: core.repository(Plan.entity), currencies: core.repository(PlanCurrency.entity)))
        let plans = PlanController(
            crud: core.crud(Plan.entity, "/plans", "PlanController", PlanPolicy.access),
            plans: core.plans, prices: prices, limits: limits)
        let planFeatures = PlanFeatureController(
            service: PlanFeatureService(
                repository: PlanFeatureRepository(
                    plans: core.repository(Plan.entity), features: core.repository(Feature.entity),
                    values: core.repository(FeatureValue.entity))), limits: limits)
        let currencies = CurrencyController(
            crud: core.crud(
                PlanCurrency.entity, "/currencies", "CurrencyController", CurrencyPolicy.access),
            prices: prices, limits: limits)
        let versions = PlanVersionController(
            service: PlanVersionService(
                repository: PlanVersionRepository(versions: core.repository(PlanVersion.entity))),
            catalog: core.catalog, limits: limits)
        operations = plans.operations + planFeatures.operations + currencies.operations + versions.operations
        caches = [
            Plan.entity.table: core.plans.cache, PlanCycle.entity.table: core.cycles.cache,
            PlanCurrency.entity.table: core.currencies.cache,
        ]
        healthChecks = [core.plans.cache.healthCheck]
    }
}
