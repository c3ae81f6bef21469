import AWS
import JSONCoding
package import MessageBus
package import Primitives

/// Dead letters are messages in a queue. To look at them is to receive them and to give them back, so two who look at the same
/// time see a part each.
extension SQSConsumers: BusDeadLetters {
    /// Most dead letters that one look finds.
    private static let maximumCount = 1000
    /// Most bytes of their messages.
    private static let maximumBytes = 64 << 20
    /// How long they are invisible for others meanwhile, in seconds.
    private static let visibility = 60

    private struct Found {
        let message: IncomingMessage
        let letter: DeadLetter
    }

    /// See ``BusDeadLetters``. A message that is no event is listed with the type that its sender has named, or `UNREADABLE`.
    package func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        guard let queues = try await directory.existing(group) else { return [] }
        let found = try await receiveAll(from: queues.dead, group)
        await giveBack(found.map(\.message), to: queues.dead)
        let letters = found.map(\.letter).sorted { $0.position < $1.position }
        return Array(letters.filter { letter in position.map { $0 < letter.position } ?? true }.prefix(limit))
    }

    /// See ``BusDeadLetters``.
    package func deadLetterCount(group: String) async throws(MessageBusError) -> Int {
        guard let queues = try await directory.existing(group) else { return 0 }
        return min(try await count(of: queues.dead, group), Self.maximumCount)
    }

    /// See ``BusDeadLetters``. Of those of a group, the first thousand are looked at for identifiers.
    package func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        guard let queues = try await directory.existing(group) else { return 0 }
        let wanted = ids.map { Set($0) }
        var count = 0
        while true {
            let found = try await receiveAll(from: queues.dead, group)
            let others = found.filter { wanted?.contains($0.letter.event.id) == false }
            await giveBack(others.map(\.message), to: queues.dead)
            for letter in found where wanted?.contains(letter.letter.event.id) ?? true {
                try await retry(letter, queues)
                count += 1
            }
            guard wanted == nil, found.count >= Self.maximumCount else { return count }
        }
    }

    /// Sends the message again, and deletes the dead letter once it is there. A crash between the two leaves both.
    private func retry(_ found: Found, _ queues: GroupQueues) async throws(MessageBusError) {
        var attributes = [(name: MessageAttribute.eventID, value: found.letter.event.id.description)]
        if let type = found.message.attribute(MessageAttribute.eventType) {
            attributes.append((MessageAttribute.eventType, type))
        }
        let message = OutgoingMessage(
            body: found.message.body, attributes: attributes, group: found.letter.event.orderingKey.description,
            // The queue would drop the identifier of the event as a repetition.
            deduplication: "retry-\(found.message.id)")
        do throws(AWSError) {
            let sent = try await calls.send([message], to: queues.events)
            if let failure = sent.failed.values.first {
                throw AWSError(.unavailable, operation: "sqs SendMessageBatch", code: failure.code)
            }
            _ = try await calls.delete([found.message.receipt], from: queues.dead)
        } catch {
            throw MessageBusError(error)
        }
    }

    private func receiveAll(from queue: SQSQueue, _ group: String) async throws(MessageBusError) -> [Found] {
        let expected = min(try await count(of: queue, group), Self.maximumCount)
        var found: [String: Found] = [:]
        var bytes = 0
        while found.count < expected, bytes < Self.maximumBytes {
            let messages: [IncomingMessage]
            do throws(AWSError) {
                messages = try await calls.receive(from: queue, atMost: 10, visibility: Self.visibility, wait: 1)
            } catch {
                throw MessageBusError(error)
            }
            if messages.isEmpty { break }
            for message in messages {
                bytes += message.body.utf8.count
                if let letter = letter(in: message, group) {
                    found[message.id] = Found(message: message, letter: letter)
                }
            }
        }
        return Array(found.values)
    }

    private func giveBack(_ messages: [IncomingMessage], to queue: SQSQueue) async {
        for batch in messages.batches(of: 10) {
            _ = try? await calls.changeVisibility(of: batch.map { ($0.receipt, 0) }, in: queue)
        }
    }

    private func letter(in message: IncomingMessage, _ group: String) -> DeadLetter? {
        let sentAt = message.sentAt ?? Timestamp(microseconds: 0)
        guard let event = event(in: message, sentAt: sentAt) else { return nil }
        let failedAt = message.attribute(MessageAttribute.failedAt).flatMap { Timestamp(iso8601: $0) }
        let attempts = message.attribute(MessageAttribute.attempts).flatMap { Int($0) }
        return DeadLetter(
            event: event, group: group, attempts: attempts ?? message.receptions,
            lastError: message.attribute(MessageAttribute.lastError) ?? "SQS gave it up after too many receptions",
            settledAt: failedAt ?? sentAt)
    }

    /// The event, or a stand-in without data for a message that is not an event.
    private func event(in message: IncomingMessage, sentAt: Timestamp) -> EventEnvelope? {
        if let event = try? EventReading.event(in: message, now: sentAt) { return event }
        let named = message.attribute(MessageAttribute.eventType) ?? ""
        guard let id = Identifier(message.identity) ?? Identifier(message.id) else { return nil }
        return try? EventEnvelope(
            id: id, type: EventEnvelope.isValid(type: named) ? named : "UNREADABLE", tenantID: nil, occurredAt: sentAt,
            data: JSONValue.object(["bytes": .integer(message.body.utf8.count)]).serialized())
    }
}
