import Entities
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// The rules of what billing providers report: each event has its effect once, and late ones undo nothing.
struct BillingWebhookService: Sendable {
    let repository: InvoiceRepository
    /// The service itself: providers are nobody's user.
    let system: TenantScope
    let clock: any WallClock

    private static let consumer = "billing-webhook"
    private static let attempts = 5

    /// Takes note of how an invoice stands.
    /// - Parameters:
    ///   - event: The provider's id of the event; nil when it sends none, and then only the order protects.
    ///   - invoice: The provider's id of the invoice, or ours.
    ///   - status: One of ``BillingInvoiceStatus/all``.
    /// - Throws: 404 when there is no such invoice; the event is not marked then, and may be delivered again.
    func report(_ status: String, of invoice: String, event: String?) async throws {
        for _ in 0..<Self.attempts {
            guard let row = try await repository.named(invoice, in: system) else { throw HTTPFailure.entityNotFound }
            guard row.status != status, BillingInvoiceStatus.mayBecome(status, from: row.status) else {
                return try await mark(event)
            }
            var changes = FieldValues(Invoice.entity)
            changes["invoiceStatus"] = .text(status)
            let settlement =
                BillingInvoiceStatus.isClosed(status)
                ? [InvoiceRepository.settlement(of: row.id, isPaid: status == BillingInvoiceStatus.paid)] : []
            let claim = event.map {
                [Inbox.claimOrFail(Identifier(eventName: $0), consumer: Self.consumer, at: clock.now())]
            }
            do {
                _ = try await repository.invoices.updateById(
                    row.id, changes, in: system, ifVersion: .exactly(row.version),
                    alongside: (claim ?? []) + settlement)
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
    private func mark(_ event: String?) async throws {
        guard let event else { return }
        let claim = Inbox.claim(Identifier(eventName: event), consumer: Self.consumer, at: clock.now())
        _ = try await repository.invoices.pool.query(
            claim, settings: TenantScope.everyTenant)
    }
}
