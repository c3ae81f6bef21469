import AWS
import MessageBus
import Primitives
import WorkQueue

/// A message that was given up.
struct DeadMessage: Sendable {
    let message: IncomingMessage
    /// Nil if the message does not contain an event.
    let event: EventEnvelope?
    let group: String
    let attempts: Int
    let reason: String
}

/// Stores messages that were given up: as they were, with attributes that say why.
struct DeadLetterQueue: Sendable {
    let calls: SQSCalls
    let maximumSize: Int
    let clock: any WallClock

    /// Stores all of them.
    /// - Throws: When one of them could not be stored; others may have been.
    func add(_ letters: [DeadMessage], to queue: SQSQueue) async throws(MessageBusError) {
        let now = clock.now()
        for letter in letters {
            let answer: BatchAnswer
            do throws(AWSError) {
                answer = try await calls.send([message(for: letter, now: now)], to: queue)
            } catch {
                throw MessageBusError(error)
            }
            guard answer.failed.isEmpty else {
                let code = answer.failed.values.first?.code ?? ""
                throw .unavailable(reason: "a dead letter was not stored: \(code)")
            }
        }
    }

    private func message(for letter: DeadMessage, now: Timestamp) -> OutgoingMessage {
        var attributes = [
            (name: MessageAttribute.eventID, value: letter.event?.id.description ?? letter.message.identity),
            (name: MessageAttribute.group, value: letter.group),
            (name: MessageAttribute.attempts, value: "\(letter.attempts)"),
            (name: MessageAttribute.lastError, value: MessageText.attribute(letter.reason)),
            (name: MessageAttribute.failedAt, value: now.description),
        ]
        if let type = letter.event?.type ?? letter.message.attribute(MessageAttribute.eventType), !type.isEmpty {
            attributes.append((MessageAttribute.eventType, type))
        }
        // Each dead letter is its own message group, so that none hides another one in a queue with order.
        var message = OutgoingMessage(
            body: letter.message.body, attributes: attributes, group: letter.message.id,
            deduplication: "dead-\(letter.message.id)-\(letter.message.receptions)")
        // A message of another program can be so large that there is no room for attributes.
        if message.size > maximumSize { message.attributes = [] }
        return message
    }
}
