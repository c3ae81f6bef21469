import Entities
import PostgresClient

@testable import Subscription

extension InvoiceRepository {
    /// The invoices of a test's database.
    static func test(_ pool: PostgresPool) throws -> InvoiceRepository {
        let catalog = try SubscriptionCatalog.make()
        return InvoiceRepository(
            invoices: EntityRepository(pool: pool, entity: Invoice.entity, catalog: catalog),
            items: EntityRepository(pool: pool, entity: InvoiceItem.entity, catalog: catalog))
    }
}

extension Invoice.Status {
    /// The status of an invoice after events of a provider that came in this order.
    func after(_ events: [ProviderEvent]) -> Invoice.Status {
        events.reduce(self) { status, event in
            guard case .invoice(_, let reported) = event, reported != status, reported.mayFollow(status) else {
                return status
            }
            return reported
        }
    }
}
