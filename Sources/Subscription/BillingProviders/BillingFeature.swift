import ConfigurationChecks
import Entities
import ServiceKit
import ServicePlatform

/// Billing: customers, invoices, payment sources, and the reports of billing providers.
struct BillingFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        BillingConfiguration.configurationKeys, StripeConfiguration.configurationKeys,
        ChargebeeConfiguration.configurationKeys,
    ])
    static let entities = [
        FeatureEntity(
            Invoice.entity,
            // A subscription's invoice is read with the permission to view subscriptions, too.
            viewPermissions: BillingInvoicePolicy.view.permissions + SubscriptionPolicy.access.view.permissions),
        FeatureEntity(InvoiceItem.entity),
        FeatureEntity(BillingCustomer.entity, viewPermissions: BillingCustomerPolicy.view.permissions),
        FeatureEntity(Payment.entity, viewPermissions: BillingInvoicePolicy.view.permissions),
    ]

    let operations: [Operation]
    private let provider: any BillingProvider

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try BillingConfiguration(reader: platform.reader)
        let provider = core.provider
        self.provider = provider
        let customers = BillingCustomerRepository(customers: core.repository(BillingCustomer.entity))

        let customerController = BillingCustomerController(
            service: BillingCustomerService(
                repository: customers, invoices: core.invoices, provider: provider),
            catalog: core.catalog, views: core.views, limits: platform.queryLimits)
        let payments = InvoicePaymentService(
            repository: core.invoices, payments: core.repository(Payment.entity), customers: customers,
            provider: provider, collector: try core.collector())
        let invoiceController = BillingInvoiceController(
            service: BillingInvoiceService(
                repository: core.invoices, customers: customers, provider: provider),
            payments: payments)
        let actions = InvoiceActionService(
            repository: core.invoices, notes: core.creditNotes, payments: payments, time: core.timeOfTenant)
        let actionController = InvoiceActionController(
            service: actions,
            crud: core.crud(
                Invoice.entity, InvoiceActionController.path, "InvoiceActionController",
                BillingInvoicePolicy.reading),
            repository: core.invoices)
        let noteController = CreditNoteController(
            service: CreditNoteService(
                invoices: actions, notes: core.creditNotes, subscriptions: try core.subscriptionActions(),
                time: core.timeOfTenant),
            crud: core.crud(
                CreditNoteRow.entity, CreditNoteController.path, "CreditNoteController", BillingInvoicePolicy.reading),
            catalog: core.catalog, views: core.views, limits: platform.queryLimits)
        let sourceController = PaymentSourceController(
            service: PaymentSourceService(
                customers: customers, provider: provider, collections: core.collections))
        let reports = BillingWebhookService(repository: core.invoices)
        let webhookController = BillingWebhookController(
            service: reports, system: platform.systemUser.scope, credentials: configuration.webhookCredentials)

        let events = ProviderEventService(
            invoices: reports,
            collections: CollectionRepository(pool: platform.pool), store: core.collections)
        let stripe = StripeWebhookController(
            events: events, system: platform.systemUser.scope,
            secret: configuration.provider == .stripe
                ? try StripeConfiguration.webhookSecret(reader: platform.reader) : nil)
        let chargebee = ChargebeeWebhookController(
            events: events, system: platform.systemUser.scope,
            credentials: configuration.provider == .chargebee
                ? try ChargebeeConfiguration.webhookCredentials(reader: platform.reader) : nil)

        let provided =
            customerController.operations + invoiceController.operations + [actionController.issue]
            + sourceController.operations
        operations =
            provided.map { $0.needingProvider(configuration.provider) } + webhookController.operations
            + stripe.operations + chargebee.operations + actionController.operations + noteController.operations
    }

    func shutdown() async { await provider.shutdown() }
}
