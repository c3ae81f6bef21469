import JSONCoding
package import Logging
package import MessageBus
import Primitives
package import RedisClient
package import ServiceLifecycle
import Synchronization
package import WorkQueue

/// A message bus of BullMQ queues in Redis.
///
/// BullMQ has no consumer groups, so each group has its own queue, `<base queue>-<group>`. Consumers register their
/// groups in Redis; one script stores an event, and a job for each group that wants its type. Jobs have the event's id, and
/// its name in `data.type`. A tenant's jobs are a lane: only the first one is where workers look.
///
/// Redis is not the truth. The bus knows when Redis has lost something, and the outboxes publish it again: see
/// ``BullMQConnector/check(_:at:)``.
package final class BullMQConnector: EventConnector, EventSubscriber {
    let client: RedisClient
    let settings: BullMQBusSettings
    let base: BullMQQueue
    let logger: Logger
    /// Distinguishes this process from other relays of the same outbox.
    let identity = Identifier.v4().description
    /// The data of Redis that has everything which this process' outbox has published; nil before that is known, or
    /// without an outbox.
    let known = Mutex<BullMQDataVersion?>(nil)

    /// Makes a connector.
    /// - Parameter client: Its commands do not block; each subscription opens another connection that waits.
    package init(client: RedisClient, settings: BullMQBusSettings, logger: Logger) {
        self.client = client
        self.settings = settings
        self.logger = logger
        base = BullMQQueue(name: settings.name, client: client)
    }

    /// Most events taken at once: the script that stores them holds up others meanwhile.
    package var maximumBatchSize: Int { 100 }

    /// Most events of one ordering key taken at once: the script keeps their order.
    package var maximumRunLength: Int { 100 }

    /// See ``EventConnector``.
    package func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        try await publish(events, intoBaseQueue: settings.baseQueueTypes)
    }

    func publish(
        _ events: [EventEnvelope], intoBaseQueue types: Set<String>
    ) async throws(MessageBusError) -> [PublishOutcome] {
        var outcomes: [PublishOutcome] = []
        var failed: Set<Identifier> = []
        for part in BullMQEventParts.split(events) {
            let isSent = part.map { !failed.contains($0.orderingKey) }
            // The script itself holds back what follows a failure within a part.
            var results = try await store(zip(part, isSent).filter(\.1).map(\.0), types)[...]
            for (event, isSent) in zip(part, isSent) {
                let outcome = isSent ? results.popFirst() ?? .held : .held
                if case .failed = outcome { failed.insert(event.orderingKey) }
                outcomes.append(outcome)
            }
        }
        return outcomes
    }

    private func store(
        _ events: [EventEnvelope], _ types: Set<String>
    ) async throws(MessageBusError) -> [PublishOutcome] {
        guard !events.isEmpty else { return [] }
        var arguments: [RedisArgument] = [
            .text(known.withLock { $0 }?.generation ?? ""), .integer(Int64(settings.retainedEvents)),
            .integer(settings.groupLife.millisecondsRoundedUp), .integer(Int64(settings.baseQueueCapacity)),
            .bytes(Self.deliveryOptions), .bytes(settings.baseQueueOptions.json.serialized()),
        ]
        for event in events {
            arguments += [
                .text(event.id.description), .text(event.type), .text(event.tenantID?.description ?? "-"),
                .bytes(event.jsonBytes()), .text(event.namedGroups), .flag(event.goesIntoBaseQueue(of: types)),
            ]
        }
        let reply = try await onBus { () async throws(BullMQError) in
            try await base.run(BullMQScripts.publish, arguments)
        }
        guard let results = reply.array, results.count == events.count else {
            throw .unavailable(reason: "Redis has lost data; what was published is published again first")
        }
        return results.map { result in
            switch result.text {
            case "published": .published
            case "held": .held
            default: .failed(reason: "the queue \(settings.name.queue) is full: nobody takes its jobs")
            }
        }
    }

    /// The stored options of a group's jobs; how often and when they are tried again is the consumer's configuration.
    static let deliveryOptions = BullMQJobOptions { $0.attempts = 1 }.json.serialized()

    /// See ``EventSubscriber``.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        let subscription = try Subscription(group: group, types: types)
        let settings = BullMQWorkerSettings(
            // A process that dies is no attempt.
            maximumStalls: .max >> 11,
            stalledInterval: min(max(configuration.lease / 3, .milliseconds(50)), .seconds(10)))
        return LeasedWorker(
            deliveries: BullMQDeliveryStore(
                bus: self,
                claimant: BullMQClaimant(queue: queue(of: group), settings: settings, logger: logger),
                subscription: subscription),
            configuration: configuration, logger: logger, handler: handler)
    }

    func queue(of group: String) -> BullMQQueue {
        BullMQQueue(name: settings.name.queue(ofGroup: group), client: client)
    }

    /// Whatever Redis refuses concerns the bus and not the event, which was checked before.
    func onBus<Value>(
        _ operation: () async throws(BullMQError) -> Value
    ) async throws(MessageBusError) -> Value {
        do throws(BullMQError) { return try await operation() } catch {
            throw .unavailable(reason: error.description)
        }
    }
}

/// Parts of a batch that fit into one command.
enum BullMQEventParts {
    /// Most bytes of one part, unless a single event has more.
    private static let maximumBytes = 2 << 20

    static func split(_ events: [EventEnvelope]) -> [[EventEnvelope]] {
        var parts: [[EventEnvelope]] = []
        var bytes = 0
        for event in events {
            if parts.isEmpty || bytes + event.data.count > maximumBytes {
                parts.append([])
                bytes = 0
            }
            parts[parts.count - 1].append(event)
            bytes += event.data.count
        }
        return parts
    }
}

extension EventEnvelope {
    /// The only groups that get the event, as scripts take them; `-` for all.
    fileprivate var namedGroups: String {
        guard let groups = replay?.groups, !groups.isEmpty else { return "-" }
        return groups.joined(separator: ",")
    }

    /// Whether workers of other programs get the event: a replay that names groups is not for them.
    fileprivate func goesIntoBaseQueue(of types: Set<String>) -> Bool {
        types.contains(type) && replay?.groups.isEmpty ?? true
    }
}
