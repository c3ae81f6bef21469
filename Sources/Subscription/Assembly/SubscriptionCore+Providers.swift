import Entities
import OutboundHTTP
import ServicePlatform

extension SubscriptionCore {
    /// The billing provider that is in charge. Without one, the built-in one stands in and is never called.
    static func provider(
        _ configuration: BillingConfiguration, _ platform: ServicePlatform, invoices: InvoiceRepository
    ) throws -> any BillingProvider {
        switch configuration.provider {
        case .internal, .none:
            try InternalBilling(
                pool: platform.pool, invoices: invoices, clock: platform.clock,
                hasTestCards: configuration.hasTestCards)
        case .stripe:
            StripeBilling(
                client: StripeClient(
                    http: OutboundHTTPClient(userAgent: "arc-subscription", addresses: .publicAndPrivate),
                    configuration: try StripeConfiguration(reader: platform.reader), logger: platform.logger),
                invoices: invoices)
        case .chargebee:
            ChargebeeBilling(
                client: ChargebeeClient(
                    http: OutboundHTTPClient(userAgent: "arc-subscription", addresses: .publicAndPrivate),
                    configuration: try ChargebeeConfiguration(reader: platform.reader), logger: platform.logger),
                invoices: invoices)
        }
    }

    /// Pays invoices by what tenants have named.
    func collector() throws -> PaymentCollector {
        PaymentCollector(
            repository: CollectionRepository(pool: platform.pool), invoices: invoices,
            payments: repository(Payment.entity), provider: provider,
            terms: try CollectionConfiguration(reader: platform.reader).terms, system: platform.systemUser.scope)
    }

    /// What changes how subscriptions live on.
    func subscriptionActions() throws -> SubscriptionActionService {
        let configuration = try SubscriptionConfiguration(reader: platform.reader)
        return SubscriptionActionService(
            billing: subscriptionBilling,
            terms: PlanTermsReader(
                plans: plans, cycles: cycles, currencies: currencies,
                versions: PlanVersionRepository(versions: repository(PlanVersion.entity))),
            summaries: PlanSummaryRepository(pool: platform.pool), invoices: invoices,
            policies: PlanChangePolicy(upgrade: configuration.upgradePolicy, downgrade: configuration.downgradePolicy),
            time: timeOfTenant)
    }
}
