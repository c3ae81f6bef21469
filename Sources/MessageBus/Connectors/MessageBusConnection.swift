package import Configuration
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
    /// Closes what the bus stood on.
    package let shutdown: @Sendable () async -> Void

    /// Why no bus could be made of the configuration.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        /// What is wrong, for the log.
        package let description: String
    }

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    /// - Throws: ``Failure`` or the configuration error of PostgreSQL.
    package static func make(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws -> MessageBusConnection {
        let name = reader.string(forKey: "event.connector") ?? "postgres"
        guard name == "postgres" else {
            throw Failure(description: "EVENT_CONNECTOR is \"\(name)\", but must be postgres")
        }
        let configuration = try PostgresConfiguration(reader: reader.scoped(to: "message.bus"))
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
