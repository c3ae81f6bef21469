import Logging
import MessageBus
import Primitives

/// Handles events in which an operator confirms that the old copy of a moved tenant is no longer needed.
struct MoveConfirmationConsumer: Sendable {
    /// The consumer group, and the name of its marks in the inbox.
    static let group = "orchestrator-moves"

    let store: OldCopyStore
    let clock: any WallClock
    let logger: Logger

    /// - Throws: `EventRejection` for an event without a tenant; `PostgresError` when it has to come again.
    func handle(_ delivery: EventDelivery) async throws {
        guard let tenant = delivery.event.tenantID else {
            throw EventRejection(reason: "the event has no tenant")
        }
        try await store.confirm(tenant, event: delivery.event.id, at: clock.now())
        logger.info("the old copy of a move is no longer needed", metadata: ["tenantId": "\(tenant)"])
    }
}
