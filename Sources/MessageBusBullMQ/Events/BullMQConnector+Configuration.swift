package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
package import Primitives
import RedisClient
import ServiceLifecycle

extension BullMQConnector {
    private static let prefix = "MESSAGE_BUS"

    /// Those of the queues, and those of ``RedisConfiguration``, with the prefix `MESSAGE_BUS_` for a Redis server that only the
    /// bus uses.
    package static let configurationKeys = ConfigurationKeys(combining: [
        BullMQBusSettings.configurationKeys, RedisConfiguration.configurationKeys,
        RedisConfiguration.configurationKeys.within(
            prefix,
            "BullMQ: Redis of the message bus. Without `MESSAGE_BUS_REDIS_URL`, `MESSAGE_BUS_REDIS_HOST` and `MESSAGE_BUS_REDIS_SENTINELS` the bus uses the services' Redis, there with `MESSAGE_BUS_REDIS_DATABASE` (default 0). It needs `maxmemory-policy noeviction` and should have `appendonly yes`"
        ),
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func connection(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let settings = try BullMQBusSettings(reader: reader)
        let client = RedisClient("bullmq", configuration: try redis(reader: reader), logger: logger)
        let connector = BullMQConnector(client: client, settings: settings, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, deadLetters: connector, backlog: connector,
            services: settings.consumesBaseQueue ? [BullMQIntake(bus: connector).service] : [],
            isHealthy: { (try? await client.ping()) != nil }, shutdown: { await client.shutdown() })
    }

    /// The server of the bus: that of the services unless the bus has its own server. Services use different logical
    /// databases for their caches, and all of them the same one for the bus.
    private static func redis(reader: ConfigReader) throws(ConfigurationFailure) -> RedisConfiguration {
        let hasOwn = try RedisConfiguration.namesServer(reader: reader, prefix: prefix)
        var configuration = try RedisConfiguration(reader: reader, prefix: hasOwn ? prefix : nil)
        if !hasOwn {
            configuration.database = try RedisConfiguration.namedDatabase(reader: reader, prefix: prefix) ?? 0
        }
        return configuration
    }
}

extension BullMQBusSettings {
    private enum Settings {
        static let queue = Setting.text(
            "BULLMQ_QUEUE", default: defaultQueue, values: "1 to 100 printable characters without spaces and colons",
            "Name of the base queue; the queue of a group is `<base queue>-<group>`"
        ) { (try? BullMQName(prefix: BullMQName.defaultPrefix, queue: $0)) != nil }
        static let prefix = Setting.text(
            "BULLMQ_PREFIX", default: BullMQName.defaultPrefix, values: "1 to 100 printable characters without spaces",
            "What the keys begin with. In a cluster it or the name of the queue needs a hash tag, for example `{bull}`"
        ) { (try? BullMQName(prefix: $0, queue: defaultQueue)) != nil }
        static let events = Setting<Set<String>>.parsed(
            "BULLMQ_QUEUE_EVENTS", default: [], unset: nil, values: "names of events, separated by commas",
            "Events that also go into the base queue for workers of other programs"
        ) { text in
            let types = text.split(separator: ",").map { $0.trimmingSpaces() }
            return types.allSatisfy { EventEnvelope.isValid(type: $0) } ? Set(types) : nil
        }
        static let capacity = Setting.integer(
            "BULLMQ_QUEUE_CAPACITY", default: 100_000, in: 1...100_000_000,
            "How many jobs may wait in the base queue, beyond which these events wait in the outbox")
        static let consumes = Setting.flag(
            "BULLMQ_CONSUME_QUEUE", default: false,
            "Whether jobs that other programs put into the base queue are events for this system. Set it in one service, the orchestrator"
        )
        static let retained = Setting.integer(
            "BULLMQ_RETAINED_EVENTS", default: 10_000, in: 1...1_000_000,
            "Latest events that are kept for groups that register later, and of which duplicates are recognized")
        static let republished = Setting.duration(
            "BULLMQ_REPUBLISH_HOURS", default: 24, in: 1...87_600,
            "How far back outboxes publish again after Redis has lost its data (at most `OUTBOX_RETENTION_HOURS`)")
    }

    static let configurationKeys = ConfigurationKeys(
        "BullMQ",
        [
            Settings.queue, Settings.prefix, Settings.events, Settings.capacity, Settings.consumes, Settings.retained,
            Settings.republished,
        ])

    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let queue = try reader.value(Settings.queue)
        let prefix = try reader.value(Settings.prefix)
        guard let name = try? BullMQName(prefix: prefix, queue: queue) else {
            throw Settings.queue.description.failure(queue)
        }
        self.init(
            name: name, retainedEvents: try reader.value(Settings.retained),
            baseQueueTypes: try reader.value(Settings.events),
            baseQueueCapacity: try reader.value(Settings.capacity),
            consumesBaseQueue: try reader.value(Settings.consumes),
            republishedTime: try reader.value(Settings.republished))
        guard !consumesBaseQueue || baseQueueTypes.isEmpty else {
            throw ConfigurationFailure(
                key: "BULLMQ_CONSUME_QUEUE", reason: "cannot be true with BULLMQ_QUEUE_EVENTS: events would come back")
        }
    }
}
