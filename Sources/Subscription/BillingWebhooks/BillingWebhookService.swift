import Entities
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// The rules of what billing providers report: each event has its effect once, and late ones undo nothing.
struct BillingWebhookService: Sendable {
    let repository: InvoiceRepository

    private static let consumer = "billing-webhook"
    private static let attempts = 5

    /// Records the status of an invoice.
    /// - Parameters:
    ///   - event: The provider's id of the event; nil when it sends none, and then only the order protects.
    ///   - invoice: The provider's id of the invoice, or the internal id.
    ///   - status: One of ``Invoice/Status/known``.
    ///   - context: Of the service itself: providers are not users.
    /// - Throws: ``InvoiceError/notFound``; the event is not marked then, and may be delivered again.
    func report(_ status: Invoice.Status, of invoice: String, event: String?, in context: WriteContext) async throws {
        let context =
            event.map { name in
                context.adding(.handled(Identifier(eventName: name), consumer: Self.consumer, at: context.now))
            } ?? context
        for _ in 0..<Self.attempts {
            guard let row = try await repository.named(invoice, in: context.scope) else { throw InvoiceError.notFound }
            guard row.status != status, status.mayFollow(row.status) else {
                return try await commitMarks(of: context)
            }
            var changes = FieldValues(Invoice.entity)
            changes[Invoice.invoiceStatus] = status
            let settlement =
                status.isClosed ? [InvoiceRepository.settlement(of: row.id, isPaid: status == .paid)] : []
            do {
                _ = try await repository.invoices.updateByID(
                    row.id, changes, in: context, ifVersion: .exactly(row.version), alongside: settlement)
                return
            } catch {
                // The mark of the inbox is the only thing here that can be there already.
                if case .conflict = error { return }
                guard case .versionMismatch = error else { throw error }
            }
        }
        throw RepositoryError.contention
    }

    /// An event without an effect has none later either.
    private func commitMarks(of context: WriteContext) async throws {
        do {
            try await context.commitMarks(on: repository.invoices.pool)
        } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }
}
