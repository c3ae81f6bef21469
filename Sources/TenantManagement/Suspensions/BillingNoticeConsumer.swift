import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Sends mails to tenants about their invoices, as the subscription service reports what has happened.
struct BillingNoticeConsumer: Sendable {
    static let group = "billing-notices"
    static let types = Set(kinds.keys).union(InvoiceNotice.Kind.allCases.map(\.event))

    private static let kinds: [String: BillingNotice.Kind] = [
        EventType.paymentFailed: .paymentFailed, EventType.invoiceOverdue: .invoiceOverdue,
        EventType.dunningExhausted: .dunningExhausted, EventType.dunningEnded: .dunningEnded,
    ]

    let pool: PostgresPool
    let notifications: NotificationQueue
    let invoiceMails: InvoiceMailConfiguration
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Queues a mail, if somebody is to get it. Repeated deliveries have one effect.
    func handle(_ delivery: EventDelivery) async throws {
        let event = delivery.event
        guard let tenant = event.tenantID, let data = try? JSONValue.parse(stored: event.data) else {
            throw EventRejection(reason: "the event names no tenant, or has no data")
        }
        if let kind = InvoiceNotice.Kind(ofEvent: event.type) {
            // Events about tenants on test clocks, and those of former releases, ask for no mail.
            guard invoiceMails.isEnabled, let mail = data["mail"], mail != .null else { return }
            guard let notice = InvoiceNotice(kind, data, link: invoiceMails.link) else {
                throw EventRejection(reason: "the event lacks data that the mail needs")
            }
            let address = mail["to"]?.stringValue.flatMap { MailAddress(specification: $0) }?.specification
            return try await queue(delivery, of: tenant, to: address) { .invoice(to: $0, notice) }
        }
        guard let kind = Self.kinds[event.type] else { throw EventRejection(reason: "the event type is unknown") }
        let notice = BillingNotice(
            kind: kind, invoice: data["number"]?.stringValue ?? "", amount: data["amountText"]?.stringValue ?? "",
            next: data["nextDueOn"]?.stringValue.map { String($0.prefix(10)) },
            isSuspended: ["suspend", "cancel"].contains(data["end"]?.stringValue ?? ""))
        try await queue(delivery, of: tenant, to: nil) { .billing(to: $0, notice) }
    }

    /// - Parameter address: Nil for that of the tenant's contact.
    private func queue(
        _ delivery: EventDelivery, of tenant: Identifier, to address: String?,
        _ notification: (String) -> Notification
    ) async throws {
        let context = delivery.writeContext(in: system, now: clock.now())
        let isQueued: Bool
        do {
            isQueued = try await context.withTransaction(on: pool, resource: nil) { transaction in
                var address = address
                if address == nil {
                    address = try await transaction.query(BillingStandingRepository.contact(of: tenant)).first?.text(0)
                }
                guard let address else { return false }
                _ = try await transaction.query(
                    try notifications.statement(notification(address), tenant: tenant, now: context.now))
                return true
            }
        } catch let error as PostgresError {
            guard Inbox.isDuplicate(error) else { throw error }
            return
        }
        guard !isQueued else { return notifications.wakeUp() }
        logger.notice(
            "A mail about an invoice is not sent: neither the billing customer nor a contact of the tenant has an address",
            metadata: ["tenantId": "\(tenant)", "type": "\(delivery.event.type)", "eventId": "\(delivery.event.id)"])
    }
}
