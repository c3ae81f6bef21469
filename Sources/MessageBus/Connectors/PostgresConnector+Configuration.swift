package import Configuration
package import ConfigurationChecks
package import Logging
import PostgresClient
package import Primitives

extension PostgresConnector {
    /// What the settings of the bus's database begin with.
    package static let prefix = "MESSAGE_BUS"

    private static let retentionSetting = Setting.duration(
        "MESSAGE_BUS_RETENTION_HOURS", default: 7 * 24, in: 1...87_600,
        "How long the bus keeps events for groups that register later, and recognizes duplicates; the services keep the marks of handled events a day longer, and at least 30 (tenant management) or 90 days (subscription). Set it to the same value everywhere"
    )

    /// The keys of ``PostgresConfiguration`` with the prefix `MESSAGE_BUS_`, such as `MESSAGE_BUS_DB_HOST`, and the retention.
    package static let configurationKeys = ConfigurationKeys(combining: [
        ConfigurationKeys("events", [retentionSetting]),
        PostgresConfiguration.configurationKeys.within(
            prefix, "Database of the message bus, with `EVENT_CONNECTOR=postgres`"),
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func connection(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let configuration = try PostgresConfiguration(reader: reader, prefix: prefix)
        let retention = try reader.value(retentionSetting)
        let pool = PostgresPool("bus", configuration: configuration, logger: logger)
        let connector = PostgresConnector(
            pool: pool, listener: configuration, retention: retention, clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, deadLetters: connector, backlog: connector,
            retention: retention, services: [connector], isHealthy: { (try? await pool.query("SELECT 1")) != nil },
            shutdown: { await pool.shutdown() })
    }
}
