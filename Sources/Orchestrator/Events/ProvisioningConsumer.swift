import Logging
import MessageBus

/// Stores events from the bus as runs and wakes the worker.
///
/// The handler is done as soon as the run is stored: how long provisioning takes, and how often it is tried, no
/// longer concerns the bus.
struct ProvisioningConsumer: Sendable {
    /// The consumer group.
    static let group = ProvisioningRunRepository.consumer

    let repository: ProvisioningRunRepository
    /// Notifies the worker of a new run.
    let announce: @Sendable () -> Void
    let logger: Logger

    /// Stores the run that an event asks for, once.
    /// - Throws: `EventRejection` for an event that can never be answered; `PostgresError` when it has to come again.
    func handle(_ delivery: EventDelivery) async throws {
        let event = try ProvisioningEvent(delivery.event, secrets: repository.secrets)
        let isNew = try await repository.enqueue(event)
        logger.info(
            isNew ? "\(event.kind.rawValue) accepted" : "\(event.kind.rawValue) was accepted before",
            metadata: ["event": "\(event.eventID)", "tenantId": "\(event.tenantID)", "tier": "\(event.tier)"])
        if isNew { announce() }
    }
}
