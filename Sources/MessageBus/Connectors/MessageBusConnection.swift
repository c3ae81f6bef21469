package import Configuration
package import ConfigurationChecks
package import Logging
import PostgresClient
package import Primitives
package import ServiceLifecycle

/// The bus that a process is configured to use: where its relay publishes and its consumers subscribe.
///
/// Keys: `EVENT_CONNECTOR` (`postgres`, the default), and the keys of ``PostgresConfiguration`` with the prefix
/// `MESSAGE_BUS_`, such as `MESSAGE_BUS_DB_HOST`; `MESSAGE_BUS_RETENTION_HOURS` (1 … 87600, default 168) for which events
/// are kept after they were published.
package struct MessageBusConnection: Sendable {
    /// Publishes.
    package let connector: any EventConnector
    /// Subscribes.
    package let subscriber: any EventSubscriber
    /// What has to run beside the service for the bus to work.
    package let services: [any Service]
    /// Whether the bus answers.
    package let isHealthy: @Sendable () async -> Bool
    /// How many dead letters a consumer group has; at most 1000 are counted.
    package let deadLetterCount: @Sendable (_ group: String) async throws -> Int
    /// Closes the connections of the bus.
    package let shutdown: @Sendable () async -> Void

    /// Values of `EVENT_CONNECTOR`.
    private enum ConnectorName: String, CaseIterable {
        case postgres
    }

    package static let configurationKeys = ConfigurationKeys(combining: [
        ["EVENT_CONNECTOR", "MESSAGE_BUS_RETENTION_HOURS"],
        PostgresConfiguration.configurationKeys.within("MESSAGE_BUS"),
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func make(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        switch try reader.choice("event.connector", as: ConnectorName.self) ?? .postgres {
        case .postgres: try postgres(reader: reader, clock: clock, logger: logger)
        }
    }

    private static func postgres(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let configuration = try PostgresConfiguration(reader: reader, scope: "message.bus")
        let pool = PostgresPool(configuration: configuration, logger: logger)
        let connector = PostgresConnector(
            pool: pool, listener: configuration,
            retention: try .retention("message.bus.retention.hours", reader: reader),
            clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, services: [connector],
            isHealthy: { (try? await pool.query("SELECT 1")) != nil },
            deadLetterCount: { group in try await connector.deadLetterCounts().first { $0.group == group }?.count ?? 0
            },
            shutdown: { await pool.shutdown() })
    }

    /// A bus within this process, for tests and single-process installations.
    package static func inProcess(_ bus: InProcessConnector) -> MessageBusConnection {
        MessageBusConnection(
            connector: bus, subscriber: bus, services: [], isHealthy: { true },
            deadLetterCount: { bus.deadLetters(group: $0).count }, shutdown: {})
    }
}

extension Duration {
    /// How long events are kept that are done with: a number of hours, a week unless it is set.
    static func retention(_ key: ConfigKey, reader: ConfigReader) throws(ConfigurationFailure) -> Duration {
        .seconds(3600 * (try reader.integer(key, default: 7 * 24, in: 1...87_600)))
    }
}
