import Entities
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// What the features of the subscription service share.
struct SubscriptionCore: Sendable {
    let platform: ServicePlatform
    let configuration: SubscriptionConfiguration
    let catalog: EntityCatalog
    let plans: CachedRows
    let cycles: CachedRows
    let currencies: CachedRows
    let subscriptions: SubscriptionRepository
    let invoices: InvoiceRepository

    init(_ platform: ServicePlatform, configuration: SubscriptionConfiguration) throws {
        let catalog = try SubscriptionCatalog.make()
        func cached(_ prefix: String, _ entity: Entity) -> CachedRows {
            CachedRows(
                cache: EntityCache(prefix: prefix, redis: platform.redis, logger: platform.logger),
                repository: platform.repository(entity, in: catalog), system: configuration.systemUser.scope)
        }
        self.platform = platform
        self.configuration = configuration
        self.catalog = catalog
        plans = cached("plan:", Plan.entity)
        cycles = cached("billing-cycle:", PlanCycle.entity)
        currencies = cached("currency:", PlanCurrency.entity)
        subscriptions = SubscriptionRepository(entities: platform.repository(TenantSubscription.entity, in: catalog))
        invoices = InvoiceRepository(
            invoices: platform.repository(Invoice.entity, in: catalog),
            items: platform.repository(InvoiceItem.entity, in: catalog))
    }

    func repository(_ entity: Entity) -> EntityRepository { platform.repository(entity, in: catalog) }

    /// The common operations of an entity whose controller has more than those.
    func crud(
        _ entity: Entity, _ path: String, _ controller: String, _ permissions: CRUDPermissions,
        following rows: CachedRows? = nil
    ) -> CRUDOperations {
        CRUDOperations(
            entity, path: path, controller: controller, permissions: permissions, repository: repository(entity),
            catalog: catalog, limits: platform.queryLimits, views: SubscriptionCatalog.views,
            onChange: { change in await rows?.cache.follow(change) })
    }
}
