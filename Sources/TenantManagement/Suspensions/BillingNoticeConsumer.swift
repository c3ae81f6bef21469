import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Sends mails to tenants about invoices that are not paid, as the subscription service reports it.
struct BillingNoticeConsumer: Sendable {
    static let group = "billing-notices"
    static let types = Set(kinds.keys)

    private static let kinds: [String: BillingNotice.Kind] = [
        EventType.paymentFailed: .paymentFailed, EventType.invoiceOverdue: .invoiceOverdue,
        EventType.dunningExhausted: .dunningExhausted, EventType.dunningEnded: .dunningEnded,
    ]

    let pool: PostgresPool
    let notifications: NotificationQueue
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock

    /// Queues a mail to the tenant's contact, if it has one. Repeated deliveries have one effect.
    func handle(_ delivery: EventDelivery) async throws {
        let event = delivery.event
        guard let kind = Self.kinds[event.type], let tenant = event.tenantID,
            let data = try? JSONValue.parse(stored: event.data)
        else { throw EventRejection(reason: "the event names no tenant, or has no data") }
        let context = delivery.writeContext(in: system, now: clock.now())
        let notice = BillingNotice(
            kind: kind, invoice: data["number"]?.stringValue ?? "", amount: data["amountText"]?.stringValue ?? "",
            next: data["nextDueOn"]?.stringValue.map { String($0.prefix(10)) },
            isSuspended: ["suspend", "cancel"].contains(data["end"]?.stringValue ?? ""))
        do {
            try await context.withTransaction(on: pool, resource: nil) { transaction in
                guard
                    let address = try await transaction.query(BillingStandingRepository.contact(of: tenant)).first?
                        .text(0)
                else { return }
                _ = try await transaction.query(
                    try notifications.statement(.billing(to: address, notice), tenant: tenant, now: context.now))
            }
        } catch let error as PostgresError {
            guard Inbox.isDuplicate(error) else { throw error }
            return
        }
        notifications.wakeUp()
    }
}
