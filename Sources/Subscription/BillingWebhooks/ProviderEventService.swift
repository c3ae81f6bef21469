import Entities
import PostgresClient

/// What follows from events of external providers.
struct ProviderEventService: Sendable {
    let invoices: BillingWebhookService
    let collections: CollectionRepository
    let store: CollectionStore

    /// - Parameters:
    ///   - id: The provider's id of the event.
    ///   - context: Of the service itself: providers are not users.
    func take(_ event: ProviderEvent, id: String?, in context: WriteContext) async throws {
        switch event {
        case .invoice(let invoice, let status):
            do {
                try await invoices.report(status, of: invoice, event: id, in: context)
            } catch InvoiceError.notFound {
                // The account may have invoices that are not ours.
            }
        case .payment(let invoice, let attempt):
            _ = try await collections.pool.query(
                CollectionRepository.look(invoice, attempt), settings: TenantScope.everyTenant)
            store.announce()
        case .other: break
        }
    }
}
