import Entities
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Ends the subscriptions of a tenant whose resources were removed: they become CANCELLED. Invoices stay, as they are records.
struct OffboardingConsumer: Sendable {
    static let group = "subscription-offboarding"
    static let types: Set<String> = [EventType.tenantDeprovisioningSuccess]

    let subscriptions: SubscriptionRepository
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event commits with it.
    func handle(_ delivery: EventDelivery) async throws {
        guard let tenant = delivery.event.tenantID else { throw EventRejection(reason: "the event names no tenant") }
        do {
            let ended = try await subscriptions.cancelAll(
                of: tenant, in: delivery.writeContext(in: system, now: clock.now()))
            logger.info(
                "The subscriptions of a tenant were ended",
                metadata: ["tenantId": "\(tenant)", "count": "\(ended)"])
        } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }
}
