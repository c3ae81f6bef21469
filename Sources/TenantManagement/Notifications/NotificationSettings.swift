package import Configuration
package import ConfigurationChecks
package import WorkQueue

/// How mails are sent.
///
/// | environment | default | range |
/// |---|---|---|
/// | `NOTIFICATION_CONCURRENCY` | 16 | 1 … 256 mails sent side by side, each on its own connection |
/// | `NOTIFICATION_RETENTION_DAYS` | 30 | 1 … 3650 for which a mail is kept that was given up |
package struct NotificationSettings: Sendable {
    /// Mails sent side by side.
    package var concurrency: Int
    /// How long a mail is kept that was given up.
    package var retention: Duration

    /// Makes settings; what is left out has its default.
    package init(concurrency: Int = 16, retention: Duration = .seconds(30 * 86_400)) {
        self.concurrency = concurrency
        self.retention = retention
    }

    /// Reads the variables above.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            concurrency: try reader.integer("notification.concurrency", default: 16, in: 1...256),
            retention: .seconds(
                86_400 * (try reader.integer("notification.retention.days", default: 30, in: 1...3650))))
    }

    /// The lease is far shorter than the life of the links in mails: a node that is killed delays its mails by a quarter
    /// of a minute. How often a mail is tried is bounded by its age, see ``NotificationSender``.
    package var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, lease: .seconds(15),
            backOff: BackOff(initial: .seconds(2), maximum: .seconds(3600)), maximumAttempts: .max,
            // A mail server may take offense at being probed more often.
            unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(5)), pollInterval: .seconds(5),
            drainTimeout: .seconds(4))
    }
}
