package import Configuration
package import ConfigurationChecks
package import Logging
import PostgresClient
package import Primitives
package import ServiceLifecycle

/// The bus that a process is configured to use: where its relay publishes and its consumers subscribe.
///
/// Keys: `EVENT_CONNECTOR` (`postgres`, the default), and the keys of ``PostgresConfiguration`` with the prefix
/// `MESSAGE_BUS_`, such as `MESSAGE_BUS_DB_HOST`.
package struct MessageBusConnection: Sendable {
    /// Publishes.
    package let connector: any EventConnector
    /// Subscribes.
    package let subscriber: any EventSubscriber
    /// What has to run beside the service for the bus to work.
    package let services: [any Service]
    /// Whether the bus answers.
    package let isHealthy: @Sendable () async -> Bool
    /// Closes the connections of the bus.
    package let shutdown: @Sendable () async -> Void

    /// Values of `EVENT_CONNECTOR`.
    private enum ConnectorName: String, CaseIterable {
        case postgres
    }

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
        let connector = PostgresConnector(pool: pool, listener: configuration, clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, services: [connector],
            isHealthy: { (try? await pool.query("SELECT 1")) != nil }, shutdown: { await pool.shutdown() })
    }

    /// A bus within this process, for tests and single-process installations.
    package static func inProcess(_ bus: InProcessConnector) -> MessageBusConnection {
        MessageBusConnection(
            connector: bus, subscriber: bus, services: [], isHealthy: { true }, shutdown: {})
    }
}
