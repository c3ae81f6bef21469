import Logging
import MessageBus

/// Stores what operators decide about runs and wakes the worker, which applies it.
struct WorkflowCommandConsumer: Sendable {
    let repository: ProvisioningRunRepository
    /// Notifies the worker that a run is due.
    let announce: @Sendable () -> Void
    let logger: Logger

    /// Stores the command, once. One for a run that is over is recorded as refused.
    /// - Throws: `EventRejection` for an event that is no command; `PostgresError` when it has to come again.
    func handle(_ delivery: EventDelivery) async throws {
        let request = try WorkflowCommandRequest(delivery.event)
        let isNew = try await repository.enqueue(request, event: delivery.event.id)
        logger.info(
            isNew ? "a command of an operator is stored" : "the command was stored before, or its run is unknown",
            metadata: [
                "commandId": "\(request.id)", "tenantId": "\(request.tenantID)", "context": "\(request.context)",
                "command": "\(request.command.rawValue)",
            ])
        if isNew { announce() }
    }
}
