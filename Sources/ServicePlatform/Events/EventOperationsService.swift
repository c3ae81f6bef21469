import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// What operators do with a service's events.
struct EventOperationsService: Sendable {
    let log: OutboxLog
    let letters: DeadLetterList
    let bus: any BusDeadLetters
    let pool: PostgresPool
    let logger: Logger

    /// Publishes an event again.
    /// - Returns: The identity of the replay.
    /// - Throws: ``EventReplayError``; `ValidationFailure` for a group that the bus does not know.
    func replay(
        _ id: Identifier, to groups: Set<String>, reason: String, in context: WriteContext
    ) async throws -> Identifier {
        if !groups.isEmpty {
            guard try await log.event(id) != nil else { throw EventReplayError.notFound }
            let known = try await bus.groups()
            if !known.isEmpty, let unknown = groups.subtracting(known).sorted().first {
                throw ValidationFailure.invalidField(
                    "/groups", code: "unknown",
                    "\(unknown) is not a consumer group; there are \(known.joined(separator: ", "))")
            }
        }
        let replay = try await log.replay(id, to: groups, reason: reason, in: context)
        logger.notice(
            "event published again",
            metadata: [
                "event": "\(id)", "replay": "\(replay)", "groups": "\(groups.sorted().joined(separator: " "))",
                "actor": "\(LoggablePath.identifier(context.actor.id))",
            ])
        return replay
    }

    /// Tries a dead letter again. The bus is another database, so the mark of an idempotency key and the row of the audit log
    /// are committed afterwards: if the process dies in between, a repeated request finds no dead letter any more.
    /// - Returns: Whether there was one.
    func retry(_ id: DeadLetterID, in context: WriteContext) async throws -> Bool {
        guard try await letters.retry(id) else { return false }
        var batch = context.batch(resource: nil)
        batch.add(
            AuditedCommand.statement(
                "retry", "DeadLetter", id: id.eventID, tenant: nil,
                details: JSONValue.object(["id": .string(id.description)]).serialized()))
        _ = try await pool.run(batch)
        logger.notice(
            "dead letter is retried",
            metadata: ["deadLetter": "\(id)", "actor": "\(LoggablePath.identifier(context.actor.id))"])
        return true
    }
}
