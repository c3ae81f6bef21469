import Entities
import Logging
import PostgresClient
import Primitives
import RedisClient
import ServiceKit
import ServiceLifecycle

/// The features of the subscription service, wired together.
struct SubscriptionFeatures: Sendable {
    /// What the service can do.
    let operations: [Operation]
    let catalog: EntityCatalog
    /// Runs for as long as the service: caches that follow Redis, and the care for events of billing providers.
    let background: [any Service]
    /// By the names of their tables.
    let caches: [String: EntityCache]
    /// Whether bodies can be shared by Redis.
    let redisCheck: HealthCheck

    init(
        pool: PostgresPool, redis: RedisClient, limits: QueryLimits, configuration: SubscriptionConfiguration,
        clock: any WallClock, logger: Logger
    ) throws {
        let catalog = try SubscriptionCatalog.make()
        self.catalog = catalog
        func repository(_ entity: Entity) -> EntityRepository {
            EntityRepository(pool: pool, entity: entity, catalog: catalog, clock: clock)
        }
        func cached(_ prefix: String, _ entity: Entity) -> CachedRows {
            CachedRows(
                cache: EntityCache(prefix: prefix, redis: redis, logger: logger),
                repository: repository(entity), system: configuration.systemUser.scope)
        }
        func crud(
            _ entity: Entity, _ path: String, _ controller: String, _ permissions: CRUDPermissions,
            following rows: CachedRows? = nil
        ) -> CRUDOperations {
            CRUDOperations(
                entity, path: path, controller: controller, permissions: permissions, repository: repository(entity),
                catalog: catalog, limits: limits, views: SubscriptionCatalog.views,
                onChange: { change in await rows?.cache.follow(change) })
        }
        let plans = cached("plan:", Plan.entity)
        let cycles = cached("billing-cycle:", PlanCycle.entity)
        let currencies = cached("currency:", PlanCurrency.entity)
        let expiry = configuration.expiryInterval.map {
            SubscriptionExpiry(
                pool: pool, systemUser: configuration.systemUser, interval: $0, clock: clock, logger: logger)
        }
        background =
            [
                plans.cache, cycles.cache, currencies.cache,
                BillingWebhookCare(pool: pool, clock: clock, logger: logger),
            ] + (expiry.map { [$0] } ?? [])

        let subscriptions = SubscriptionRepository(entities: repository(TenantSubscription.entity))
        let invoices = InvoiceRepository(
            invoices: repository(Invoice.entity), items: repository(InvoiceItem.entity))
        let lifecycle = SubscriptionLifecycle(
            subscriptions: subscriptions, invoices: invoices,
            terms: PlanTermsReader(plans: plans, cycles: cycles, currencies: currencies),
            summaries: PlanSummaryRepository(pool: pool), quota: configuration.quota)

        let prices = PlanPriceCheck(
            plans: plans, currencies: currencies,
            prices: PlanPriceRepository(plans: repository(Plan.entity), currencies: repository(PlanCurrency.entity)))
        let planController = PlanController(
            crud: crud(Plan.entity, "/plans", "PlanController", PlanController.permissions, following: plans),
            plans: plans, prices: prices, subscriptions: subscriptions, limits: limits)
        let currencyController = CurrencyController(
            crud: crud(
                PlanCurrency.entity, "/currencies", "CurrencyController", CurrencyController.permissions,
                following: currencies), prices: prices, limits: limits)
        let subscriptionController = SubscriptionController(
            crud: crud(
                TenantSubscription.entity, "/subscriptions", "SubscriptionController",
                SubscriptionController.permissions),
            lifecycle: lifecycle, subscriptions: subscriptions, invoices: invoices, limits: limits,
            clock: clock)
        let planFeatureController = PlanFeatureController(
            service: PlanFeatureService(
                repository: PlanFeatureRepository(
                    plans: repository(Plan.entity), features: repository(Feature.entity),
                    values: repository(FeatureValue.entity))), limits: limits)
        let billing = try BillingFeatures(
            pool: pool, catalog: catalog, invoices: invoices, limits: limits, configuration: configuration,
            clock: clock)
        caches = [
            Plan.entity.table: plans.cache, PlanCycle.entity.table: cycles.cache,
            PlanCurrency.entity.table: currencies.cache,
        ]
        redisCheck = plans.cache.healthCheck
        let followers = [PlanCycle.entity: cycles.cache]
        let common = SubscriptionCatalog.resources.flatMap { resource in
            resource.operations(
                pool: pool, catalog: catalog, limits: limits, views: SubscriptionCatalog.views, clock: clock
            ) { change in
                await followers[resource.entity]?.follow(change)
            }
        }
        operations =
            planController.operations + planFeatureController.operations + currencyController.operations
            + subscriptionController.operations + billing.operations + common
    }
}
