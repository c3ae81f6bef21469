package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
import MessageBusBullMQ
import MessageBusEventBridge
import MessageBusSQS
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

    /// The settings of the choice and of every connector.
    package static let configurationKeys = ConfigurationKeys(
        combining: [["EVENT_CONNECTOR"]] + all.map(\.configurationKeys))

    /// Opens the configured bus; connections are made when they are first needed.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package static func connect(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let name = reader.text("event.connector") ?? all[0].name
        guard let choice = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name)
            throw ConfigKey("event.connector").failure(
                name, names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))")
        }
        return try choice.open(reader, clock, logger)
    }
}
