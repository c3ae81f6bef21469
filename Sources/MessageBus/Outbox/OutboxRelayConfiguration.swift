package import Configuration
package import ConfigurationChecks
package import WorkQueue

/// How the outbox relay works.
package struct OutboxRelayConfiguration: Sendable, Hashable {
    /// Most events published together, 1 to 1000; also limited by the connector. With it the relay's memory is bounded:
    /// no more events than these are held at once.
    package var batchSize: Int
    /// Most consecutive events of one ordering key published together, from 1; also limited by the connector.
    package var runLength: Int
    /// How long claimed events belong to a relay. A relay that is killed holds up its tenants no longer than this.
    /// Publishing is given two thirds of it.
    package var lease: Duration
    /// The delay after an event was not accepted.
    package var backOff: BackOff
    /// The delay between attempts while the bus or the database is away. Its maximum bounds how long events go on
    /// resting after an outage, however long that was.
    package var unavailability: BackOff
    /// After that many failed attempts an event becomes a dead letter, from 1. Times when the bus could not be reached
    /// do not count.
    package var maximumAttempts: Int
    /// How often to look for events although no wake-up came.
    package var pollInterval: Duration
    /// How often a bus that may lose events is asked whether it has.
    package var recollectionInterval: Duration
    /// Under load: how long to collect before the next batch when the last one was not full.
    package var linger: Duration
    /// How long published events are kept.
    package var retention: Duration
    /// How long the marks of handled events are kept in this database's inbox; nil without an inbox. It should be
    /// longer than the bus keeps its events.
    package var inboxRetention: Duration?
    /// How often expired rows are deleted.
    package var purgeInterval: Duration
    /// How long a graceful shutdown may go on publishing.
    package var shutdownTimeout: Duration

    /// Makes a configuration.
    package init(
        batchSize: Int = 100, runLength: Int = 50, lease: Duration = .seconds(30),
        backOff: BackOff = BackOff(initial: .milliseconds(500), maximum: .seconds(600)),
        unavailability: BackOff = .probing, maximumAttempts: Int = 12,
        pollInterval: Duration = .seconds(5), recollectionInterval: Duration = .seconds(1),
        linger: Duration = .milliseconds(20),
        retention: Duration = .seconds(7 * 86_400), inboxRetention: Duration? = nil,
        purgeInterval: Duration = .seconds(600), shutdownTimeout: Duration = .seconds(3)
    ) {
        self.batchSize = min(max(batchSize, 1), 1000)
        self.runLength = max(runLength, 1)
        self.lease = max(lease, .milliseconds(30))
        self.backOff = backOff
        self.unavailability = unavailability
        self.maximumAttempts = max(maximumAttempts, 1)
        self.pollInterval = pollInterval
        self.recollectionInterval = recollectionInterval
        self.linger = linger
        self.retention = retention
        self.inboxRetention = inboxRetention
        self.purgeInterval = purgeInterval
        self.shutdownTimeout = shutdownTimeout
    }
}

extension OutboxRelayConfiguration {
    private static let retentionSetting = Setting.duration(
        "OUTBOX_RETENTION_HOURS", default: 7 * 24, in: 1...87_600,
        "How long published events stay in the outbox of tenant management and subscription")

    package static let configurationKeys = ConfigurationKeys("events", [retentionSetting])

    /// Reads the settings.
    package init(reader: ConfigReader, inboxRetention: Duration? = nil) throws(ConfigurationFailure) {
        self.init(retention: try reader.value(Self.retentionSetting), inboxRetention: inboxRetention)
    }
}
