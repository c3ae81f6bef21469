package import Configuration
package import ConfigurationChecks
package import WorkQueue

/// How mails are sent.
///
/// | environment | default | range |
/// |---|---|---|
/// | `NOTIFICATION_CONCURRENCY` | 16 | 1 … 256 mails sent at the same time, each on its own connection |
/// | `NOTIFICATION_RETENTION_DAYS` | 30 | 1 … 3650 days for which a mail that was given up is kept |
package struct NotificationSettings: Sendable {
    package static let configurationKeys: ConfigurationKeys = [
        "NOTIFICATION_CONCURRENCY", "NOTIFICATION_RETENTION_DAYS",
    ]

    /// Mails sent at the same time.
    package var concurrency: Int
    /// How long a mail that was given up is kept.
    package var retention: Duration

    /// Makes settings.
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

    /// The lease is much shorter than the lifetime of the links in mails: if a node is killed, its mails are 15 s late. Attempts
    /// are limited by the age of the mail, see ``NotificationSender``.
    package var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, lease: .seconds(15),
            backOff: BackOff(initial: .seconds(2), maximum: .seconds(3600)), maximumAttempts: .max,
            // A mail server may take offense at being probed more often.
            unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(5)), pollInterval: .seconds(5),
            drainTimeout: .seconds(4))
    }
}
