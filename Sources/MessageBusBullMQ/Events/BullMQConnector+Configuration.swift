package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
package import Primitives
import RedisClient
import ServiceLifecycle

extension BullMQConnector {
    /// `BULLMQ_QUEUE`, `BULLMQ_PREFIX`, `BULLMQ_RETAINED_EVENTS`, `BULLMQ_REPUBLISH_HOURS`, `BULLMQ_QUEUE_EVENTS`,
    /// `BULLMQ_QUEUE_CAPACITY`, `BULLMQ_CONSUME_QUEUE`; and those of ``RedisConfiguration``, with the prefix `MESSAGE_BUS_`
    /// for a Redis server that only the bus uses.
    package static let configurationKeys = ConfigurationKeys(combining: [
        [
            "BULLMQ_QUEUE", "BULLMQ_PREFIX", "BULLMQ_RETAINED_EVENTS", "BULLMQ_REPUBLISH_HOURS", "BULLMQ_QUEUE_EVENTS",
            "BULLMQ_QUEUE_CAPACITY", "BULLMQ_CONSUME_QUEUE",
        ],
        RedisConfiguration.configurationKeys, RedisConfiguration.configurationKeys.within("MESSAGE_BUS"),
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
        let scope: ConfigKey = "message.bus"
        let url = try reader.secret(ConfigKey("redis.url").within(scope))
        let host = reader.text(ConfigKey("redis.host").within(scope))
        let hasOwn = url != nil || host != nil
        var configuration = try RedisConfiguration(reader: reader, scope: hasOwn ? scope : nil)
        if !hasOwn {
            configuration.database =
                try reader.integer(ConfigKey("redis.database").within(scope), in: 0...65_535) ?? 0
        }
        return configuration
    }
}

extension BullMQBusSettings {
    /// Reads the settings of the queues.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let queue = reader.text("bullmq.queue") ?? Self.defaultQueue
        let prefix = reader.text("bullmq.prefix") ?? BullMQName.defaultPrefix
        guard let checkedPrefix = try? BullMQName(prefix: prefix, queue: Self.defaultQueue).prefix else {
            throw ConfigKey("bullmq.prefix").failure(prefix, "1 to 100 printable characters without spaces")
        }
        guard let name = try? BullMQName(prefix: checkedPrefix, queue: queue) else {
            throw ConfigKey("bullmq.queue").failure(queue, "1 to 100 printable characters without spaces and colons")
        }
        self.init(
            name: name,
            retainedEvents: try reader.integer("bullmq.retained.events", default: 10_000, in: 1...1_000_000),
            baseQueueTypes: try Self.types(reader: reader),
            baseQueueCapacity: try reader.integer("bullmq.queue.capacity", default: 100_000, in: 1...100_000_000),
            consumesBaseQueue: try reader.flag("bullmq.consume.queue", default: false),
            republishedTime: .seconds(
                3600 * (try reader.integer("bullmq.republish.hours", default: 24, in: 1...87_600))))
        guard !consumesBaseQueue || baseQueueTypes.isEmpty else {
            throw ConfigurationFailure(
                key: "BULLMQ_CONSUME_QUEUE", reason: "cannot be true with BULLMQ_QUEUE_EVENTS: events would come back")
        }
    }

    private static func types(reader: ConfigReader) throws(ConfigurationFailure) -> Set<String> {
        guard let text = reader.text("bullmq.queue.events") else { return [] }
        var types: Set<String> = []
        for part in text.split(separator: ",") {
            let type = part.trimmingSpaces()
            guard EventEnvelope.isValid(type: type) else {
                throw ConfigKey("bullmq.queue.events").failure(text, "names of events, separated by commas")
            }
            types.insert(type)
        }
        return types
    }
}
