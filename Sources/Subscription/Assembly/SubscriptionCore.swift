import BillingPreview
package import Entities
import PostgresClient
import Primitives
package import ServiceKit
package import ServicePlatform

/// What the features of the subscription service share.
package struct SubscriptionCore: ServiceCore {
    package static let resources = SubscriptionCatalog.resources

    package let platform: ServicePlatform
    package let catalog: EntityCatalog
    package let views: ViewPermissions
    package let tenantGate: TenantGate
    package let tenantPlans: TenantPlans
    let admission: TenantAdmission
    /// What day it is for a tenant.
    let tenantTime: TenantTime
    let plans: CachedRows
    let cycles: CachedRows
    let currencies: CachedRows
    let subscriptions: SubscriptionRepository
    let invoices: InvoiceRepository
    let creditNotes: CreditNoteRepository
    /// Makes rows of what the billing engine has computed.
    let issuer: InvoiceIssuer
    /// Subscriptions that the engine bills.
    let subscriptionBilling: SubscriptionBillingService
    /// What is due of them.
    let renewals: RenewalStore
    /// Who keeps customers and collects money. Without a provider it is never called: `needingProvider` rejects every request.
    let provider: any BillingProvider
    /// What is due of invoices that are collected.
    let collections: CollectionStore
    let collectionMethods: CollectionMethods

    package init(_ platform: ServicePlatform, catalog: EntityCatalog, views: ViewPermissions) throws {
        func cached(_ prefix: String, _ entity: Entity) -> CachedRows {
            CachedRows(
                cache: EntityCache(prefix: prefix, redis: platform.redis, logger: platform.logger),
                repository: platform.repository(entity, in: catalog), system: platform.systemUser.scope)
        }
        self.platform = platform
        self.catalog = catalog
        self.views = views
        admission = TenantAdmission(lookup: KnownTenants(pool: platform.pool).standing)
        tenantTime = TenantTime(
            pool: platform.pool, hasTestClocks: try TestClockConfiguration(reader: platform.reader).isEnabled)
        tenantGate = TenantGate(lookup: admission.isAdmitted)
        tenantPlans = TenantPlans(lookup: SubscribedTier(pool: platform.pool).tier)
        plans = cached("plan:", Plan.entity)
        cycles = cached("billing-cycle:", PlanCycle.entity)
        currencies = cached("currency:", PlanCurrency.entity)
        subscriptions = SubscriptionRepository(entities: platform.repository(TenantSubscription.entity, in: catalog))
        invoices = InvoiceRepository(
            invoices: platform.repository(Invoice.entity, in: catalog),
            items: platform.repository(InvoiceItem.entity, in: catalog),
            terms: try InvoiceConfiguration(reader: platform.reader).terms)
        creditNotes = CreditNoteRepository(notes: platform.repository(CreditNoteRow.entity, in: catalog))
        issuer = InvoiceIssuer(invoices: invoices, notes: creditNotes)
        let billing = try BillingConfiguration(reader: platform.reader)
        let provider = try Self.provider(billing, platform, invoices: invoices)
        self.provider = provider
        collections = CollectionStore(pool: platform.pool)
        collectionMethods = CollectionMethods(
            standard: try CollectionConfiguration(reader: platform.reader).method,
            hasCharges: billing.provider != .none && provider.collectsAutomatically)
        let zones = InstalledZones()
        renewals = RenewalStore(pool: platform.pool)
        subscriptionBilling = SubscriptionBillingService(
            subscriptions: subscriptions,
            repository: SubscriptionBillingRepository(
                pool: platform.pool, changes: platform.repository(SubscriptionChange.entity, in: catalog)),
            issuer: issuer, summaries: PlanSummaryRepository(pool: platform.pool),
            metering: SubscriptionMetering(usage: BilledUsage(pool: platform.pool)), zones: { zones.zone($0) },
            quota: try SubscriptionConfiguration(reader: platform.reader).quota)
    }

    /// All entities that may have rows of a tenant: those of the API, and those of billing, which are not part of it.
    var storedEntities: [Entity] {
        catalog.entities + [SubscriptionBillingRow.entity, LedgerCustomer.entity, LedgerPaymentSource.entity]
    }

    /// The caches of the catalog.
    package func cache(of entity: Entity) -> EntityCache? {
        [Plan.entity: plans, PlanCycle.entity: cycles, PlanCurrency.entity: currencies][entity]?.cache
    }
}
