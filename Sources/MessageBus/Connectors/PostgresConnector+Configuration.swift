package import Configuration
package import ConfigurationChecks
package import Logging
import PostgresClient
package import Primitives

extension PostgresConnector {
    /// The keys of ``PostgresConfiguration`` with the prefix `MESSAGE_BUS_`, such as `MESSAGE_BUS_DB_HOST`, and
    /// `MESSAGE_BUS_RETENTION_HOURS` (1 … 87600, default 168) for which events are kept after they were published.
    package static let configurationKeys = ConfigurationKeys(combining: [
        ["MESSAGE_BUS_RETENTION_HOURS"],
        PostgresConfiguration.configurationKeys.within("MESSAGE_BUS"),
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func connection(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let configuration = try PostgresConfiguration(reader: reader, scope: "message.bus")
        let retention = try Duration.retention("message.bus.retention.hours", reader: reader)
        let pool = PostgresPool("bus", configuration: configuration, logger: logger)
        let connector = PostgresConnector(
            pool: pool, listener: configuration, retention: retention, clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, deadLetters: connector, backlog: connector,
            retention: retention, services: [connector], isHealthy: { (try? await pool.query("SELECT 1")) != nil },
            shutdown: { await pool.shutdown() })
    }
}
