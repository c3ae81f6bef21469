import Entities
import MessageBus
import PostgresClient
import Primitives
import WorkQueue

/// Takes every event that may leave the system from the bus, numbers it in the feed and makes deliveries for the endpoints
/// that want it, in one transaction with the mark of the event.
///
/// Events that arrive together are recorded together: the counters are locked, and the log of PostgreSQL is synced, once for all
/// of them. Those of one tenant still come one after the other.
struct EventFeedConsumer: Sendable {
    static let group = "tenant-management-webhooks"
    /// Many handlers, because those of a transaction wait for it together.
    static let configuration = ConsumerConfiguration(concurrency: 64, runLength: 32, linger: .milliseconds(50))

    private let recording: BatchedEffect<EventEnvelope>

    /// - Parameters:
    ///   - system: The service itself: an event has no user.
    ///   - onDeliveries: Wakes the sender of this process.
    init(
        pool: PostgresPool, system: TenantScope, clock: any WallClock, onDeliveries: @escaping @Sendable () -> Void
    ) {
        recording = BatchedEffect { events in
            if try await Self.record(events, pool: pool, system: system, now: clock.now()) { onDeliveries() }
        }
    }

    /// Handles a delivery. Repeated deliveries have one effect.
    func handle(_ delivery: EventDelivery) async throws {
        guard PublishedEvents.find(delivery.event.type) != nil else { return }
        try await recording(delivery.event)
    }

    /// Records events, all or none. A single one that was recorded before is a success; among several it is an error, and each
    /// of them is tried alone.
    /// - Returns: Whether there may be deliveries for an endpoint.
    private static func record(
        _ events: [EventEnvelope], pool: PostgresPool, system: TenantScope, now: Timestamp
    ) async throws -> Bool {
        let context = WriteContext(
            scope: system, now: now, marks: [.handled(events.map(\.id), consumer: group, at: now)])
        var batch = context.batch(resource: nil, settings: EventFeedRepository.planning)
        let recorded = batch.add(
            EventFeedRepository.record(
                events.compactMap { event in
                    PublishedEvents.find(event.type).map { (event: event, published: $0) }
                }))
        do {
            return try await pool.run(batch)[recorded].affectedRows > 0
        } catch {
            guard events.count == 1, Inbox.isDuplicate(error) else { throw error }
            // The answer may have been lost, and nobody was notified.
            return true
        }
    }
}
