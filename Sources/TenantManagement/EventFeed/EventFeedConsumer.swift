import Entities
import MessageBus
import PostgresClient
import Primitives

/// Takes every event that may leave the system from the bus, numbers it in the feed and makes deliveries for the endpoints
/// that want it, in one transaction with the mark of the event.
struct EventFeedConsumer: Sendable {
    static let group = "tenant-management-webhooks"

    let pool: PostgresPool
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    /// Wakes the sender of this process.
    let onDeliveries: @Sendable () -> Void

    /// Handles a delivery. Repeated deliveries have one effect.
    func handle(_ delivery: EventDelivery) async throws {
        guard let published = PublishedEvents.find(delivery.event.type) else { return }
        let context = delivery.writeContext(in: system, now: clock.now())
        var batch = context.batch(resource: nil)
        batch.add(EventFeedRepository.record(delivery.event, as: published))
        do {
            _ = try await pool.run(batch)
        } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
        onDeliveries()
    }
}
