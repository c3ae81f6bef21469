package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
import MessageBusBullMQ
import MessageBusEventBridge
import MessageBusSQS
import PostgresClient
package import Primitives

/// The connectors that `EVENT_CONNECTOR` chooses from; without it, the first one.
package enum BusConnectors {
    /// A connector by its name.
    package struct Choice: Sendable {
        /// Opens the bus; connections are made when they are first needed.
        package typealias Open =
            @Sendable (ConfigReader, any WallClock, Logger) throws(ConfigurationFailure) -> MessageBusConnection

        package let name: String
        /// The settings that the connector reads when it is chosen.
        package let configurationKeys: ConfigurationKeys
        let open: Open

        init(_ name: String, _ configurationKeys: ConfigurationKeys, open: @escaping Open) {
            self.name = name
            self.configurationKeys = configurationKeys
            self.open = open
        }
    }

    /// All of them. A new connector is one line here and its target in Package.swift.
    package static let all: [Choice] = [
        Choice("postgres", PostgresConnector.configurationKeys, open: PostgresConnector.connection),
        Choice("bullmq", BullMQConnector.configurationKeys, open: BullMQConnector.connection),
        Choice("sqs", SQSConnector.configurationKeys, open: SQSConnector.connection),
        Choice("eventbridge", EventBridgeConnector.configurationKeys, open: EventBridgeConnector.connection),
    ]

    private static let setting = Setting<Choice>.parsed(
        "EVENT_CONNECTOR", default: all[0], unset: all[0].name,
        values: "one of \(all.map(\.name).joined(separator: ", "))",
        "Connector of the message bus, see [events](events.md)", isLiteral: true
    ) { name in all.first { $0.name == name } }

    /// The settings of the choice and of every connector.
    package static let configurationKeys = ConfigurationKeys(
        combining: [ConfigurationKeys("events", [setting])] + all.map(\.configurationKeys)
    ).checking { (reader) throws(ConfigurationFailure) in
        // Those of the other connectors do not matter.
        if try name(reader: reader) == "postgres" {
            try PostgresConfiguration.check(reader, prefix: PostgresConnector.prefix)
        }
    }

    /// The name of the configured connector.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package static func name(reader: ConfigReader) throws(ConfigurationFailure) -> String {
        try reader.value(setting).name
    }

    /// Opens the configured bus; connections are made when they are first needed.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package static func connect(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let choice = try reader.value(setting)
        return try choice.open(reader, clock, logger)
    }
}
