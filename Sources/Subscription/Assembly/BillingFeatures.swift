import Entities
import PostgresClient
import Primitives
import ServiceKit

/// Billing, wired together: customers, invoices, payment sources, and what providers report.
struct BillingFeatures: Sendable {
    let operations: [Operation]

    init(
        pool: PostgresPool, catalog: EntityCatalog, invoices: InvoiceRepository, limits: QueryLimits,
        configuration: SubscriptionConfiguration, clock: any WallClock
    ) throws {
        func repository(_ entity: Entity) -> EntityRepository {
            EntityRepository(pool: pool, entity: entity, catalog: catalog, clock: clock)
        }
        // Without a provider nothing of it is reached: `needingProvider` refuses first.
        let provider = try InternalBilling(pool: pool, invoices: invoices, clock: clock)
        let customers = BillingCustomerRepository(customers: repository(BillingCustomer.entity))

        let customerController = BillingCustomerController(
            service: BillingCustomerService(
                repository: customers, invoices: invoices, provider: provider),
            catalog: catalog, limits: limits)
        let invoiceController = BillingInvoiceController(
            service: BillingInvoiceService(
                repository: invoices, customers: customers, provider: provider),
            payments: InvoicePaymentService(
                repository: invoices, payments: repository(Payment.entity), customers: customers, provider: provider))
        let sourceController = PaymentSourceController(
            service: PaymentSourceService(customers: customers, provider: provider))
        let webhookController = BillingWebhookController(
            service: BillingWebhookService(repository: invoices), system: configuration.systemUser.scope,
            credentials: configuration.webhookCredentials)

        let provided = customerController.operations + invoiceController.operations + sourceController.operations
        operations =
            provided.map { $0.needingProvider(configuration.billingProvider) } + webhookController.operations
    }
}
