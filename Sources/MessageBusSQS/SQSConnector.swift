package import AWS
package import Logging
package import MessageBus
package import Primitives
package import ServiceLifecycle
import WorkQueue

/// SQS as the message bus: a queue for each consumer group, to which publishers send every event.
///
/// Queues with order (`.fifo`) keep the order of a tenant, which is the message group, and drop an event that is published twice
/// within five minutes. Standard queues promise neither.
package final class SQSConnector: EventConnector {
    private let directory: QueueDirectory
    private let sender: QueueSender
    /// The receiving side.
    package let consumers: SQSConsumers

    package init(
        session: AWSSession, configuration: SQSConfiguration, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        consumers = SQSConsumers(session: session, configuration: configuration, clock: clock, logger: logger)
        directory = consumers.directory
        sender = QueueSender(calls: consumers.calls, maximumSize: configuration.maximumBatchBytes)
    }

    /// Ten batches of SQS, which are sent side by side.
    package var maximumBatchSize: Int { 100 }

    /// See ``EventConnector``.
    package func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        if events.isEmpty { return [] }
        let queues = try await queues()
        var batch = PublishedBatch(events)
        while true {
            let round = batch.nextRound
            if round.isEmpty { return try batch.finished() }
            for (place, attempt) in try await publish(round.map { ($0, events[$0]) }, to: queues) {
                batch.record(attempt, at: place)
            }
        }
    }

    private func queues() async throws(MessageBusError) -> [(group: String, queue: SQSQueue)] {
        var queues: [(group: String, queue: SQSQueue)] = []
        for group in directory.groups { queues.append((group, try await directory.queues(of: group).events)) }
        guard !queues.isEmpty else { throw .unavailable(reason: "there is no consumer group") }
        return queues
    }

    /// Sends events to all queues. One that is on some of the queues only is sent to all of them again.
    private func publish(
        _ events: [(place: Int, event: EventEnvelope)], to queues: [(group: String, queue: SQSQueue)]
    ) async throws(MessageBusError) -> [Int: PublishedBatch.Attempt] {
        var attempts: [Int: PublishedBatch.Attempt] = [:]
        var places: [Int] = []
        var messages: [OutgoingMessage] = []
        for (place, event) in events {
            let message = OutgoingMessage(event)
            if message.size > sender.maximumSize {
                attempts[place] = .rejected(
                    reason: "the message has \(message.size) bytes, more than \(sender.maximumSize)")
            } else {
                places.append(place)
                messages.append(message)
                attempts[place] = .published
            }
        }
        guard !messages.isEmpty else { return attempts }
        for (group, result) in await send(messages, to: queues) {
            switch result {
            case .failure(let error):
                if SQSCalls.isMissingQueue(error) { directory.forget(group) }
                throw MessageBusError(error)
            case .success(let results):
                for (place, result) in zip(places, results) {
                    attempts[place] = Self.worse(of: attempts[place] ?? .published, result)
                }
            }
        }
        return attempts
    }

    private func send(
        _ messages: [OutgoingMessage], to queues: [(group: String, queue: SQSQueue)]
    ) async -> [(group: String, result: Result<[PublishedBatch.Attempt], AWSError>)] {
        await withTaskGroup(of: (group: String, result: Result<[PublishedBatch.Attempt], AWSError>).self) { tasks in
            for (group, queue) in queues {
                tasks.addTask { [sender] in
                    do throws(AWSError) {
                        return (group, .success(try await sender.send(messages, to: queue)))
                    } catch {
                        return (group, .failure(error))
                    }
                }
            }
            var results: [(group: String, result: Result<[PublishedBatch.Attempt], AWSError>)] = []
            for await result in tasks { results.append(result) }
            return results
        }
    }

    private static func worse(
        of attempt: PublishedBatch.Attempt, _ other: PublishedBatch.Attempt
    ) -> PublishedBatch.Attempt {
        switch (attempt, other) {
        case (.rejected, _), (_, .published): attempt
        case (_, .rejected): other
        case (.unavailable, _): attempt
        case (.published, .unavailable): other
        }
    }
}

extension SQSConnector: EventSubscriber {
    /// See ``EventSubscriber``. The group must be one that publishers send to.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        guard directory.groups.contains(group) else {
            _ = try Subscription(group: group, types: types)
            throw .invalidSubscription(reason: "the group \(group) is not among SQS_GROUPS, so it would get no events")
        }
        return try consumers.subscribe(group: group, types: types, configuration: configuration, handler: handler)
    }
}
