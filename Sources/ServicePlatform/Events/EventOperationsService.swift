import Entities
import JSONCoding
import Logging
import MessageBus
import Primitives

/// What operators do with a service's events.
struct EventOperationsService: Sendable {
    let log: OutboxLog
    let letters: DeadLetterList
    let bus: any BusDeadLetters
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
                "actor": "\(context.actor.id)",
            ])
        return replay
    }

    /// Tries a dead letter again.
    /// - Returns: Whether there was one.
    func retry(_ id: DeadLetterID, by actor: Actor) async throws(MessageBusError) -> Bool {
        let isRetried = try await letters.retry(id)
        if isRetried {
            logger.notice("dead letter is retried", metadata: ["deadLetter": "\(id)", "actor": "\(actor.id)"])
        }
        return isRetried
    }
}
