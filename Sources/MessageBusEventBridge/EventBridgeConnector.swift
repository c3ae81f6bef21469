package import AWS
import JSONCoding
package import Logging
package import MessageBus
package import MessageBusSQS
package import Primitives
package import ServiceLifecycle
import WorkQueue

/// EventBridge as the message bus: events are put on an event bus, and its rules bring them to the queues of consumer groups
/// (SQS), or over HTTP to the orchestrator's inbound route. Rules and their targets are part of the installation.
package final class EventBridgeConnector: EventConnector {
    private let configuration: EventBridgeConfiguration
    private let sender: EventBridgeSender
    private let client: AWSClient
    private let logger: Logger
    /// The receiving side.
    package let consumers: SQSConsumers

    package init(
        session: AWSSession, configuration: EventBridgeConfiguration, queues: SQSConfiguration,
        clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.configuration = configuration
        self.logger = logger
        client = session.client(.eventBridge)
        sender = EventBridgeSender(client: client, maximumBytes: configuration.maximumBytes)
        var queues = queues
        // Rules decide which queues get events; this process knows those that it subscribes to.
        queues.groups = []
        consumers = SQSConsumers(session: session, configuration: queues, clock: clock, logger: logger)
    }

    /// Ten requests of EventBridge, which are sent side by side.
    package var maximumBatchSize: Int { 100 }

    /// See ``EventConnector``.
    package func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        var batch = PublishedBatch(events)
        while true {
            let round = batch.nextRound
            if round.isEmpty { return try batch.finished() }
            var places: [Int] = []
            var entries: [EventBridgeEntry] = []
            for place in round {
                switch entry(of: events[place]) {
                case .success(let entry):
                    places.append(place)
                    entries.append(entry)
                case .failure(let rejection): batch.record(.rejected(reason: rejection.reason), at: place)
                }
            }
            do throws(AWSError) {
                for (place, attempt) in zip(places, try await sender.send(entries)) { batch.record(attempt, at: place) }
            } catch {
                throw .unavailable(reason: error.description)
            }
        }
    }

    private struct Rejection: Error {
        let reason: String
    }

    private func entry(of event: EventEnvelope) -> Result<EventBridgeEntry, Rejection> {
        do throws(EventEnvelopeError) {
            let entry = try EventBridgeEntry(event, configuration)
            guard entry.size <= configuration.maximumBytes else {
                return .failure(
                    Rejection(reason: "the entry has \(entry.size) bytes, more than \(configuration.maximumBytes)"))
            }
            return .success(entry)
        } catch {
            return .failure(Rejection(reason: error.description))
        }
    }

    /// Whether the event bus exists, as far as this process may ask, and the queues of its groups do.
    package func isHealthy() async -> Bool {
        do throws(AWSError) {
            _ = try await client.call("DescribeEventBus", ["Name": .string(configuration.busName)])
        } catch {
            let mayNotAsk = error.code?.contains("AccessDenied") == true
            if !mayNotAsk {
                logger.warning("the event bus is not ready", metadata: ["error": "\(error)"])
                return false
            }
        }
        return await consumers.isHealthy()
    }
}

extension EventBridgeConnector: EventSubscriber {
    /// See ``EventSubscriber``. A rule must send the events to the queue of the group.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        let service = try consumers.subscribe(
            group: group, types: types, configuration: configuration, handler: handler)
        consumers.watch(group)
        return service
    }
}
