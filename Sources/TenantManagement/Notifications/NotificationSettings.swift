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
    /// How long a mail belongs to a sender that does not renew its claim: far shorter than the life of the links in mails,
    /// because a node that is killed delays its mails that long.
    package var lease: Duration

    /// Makes settings.
    package init(
        concurrency: Int = 16, retention: Duration = .seconds(30 * 86_400), lease: Duration = .seconds(15)
    ) {
        self.concurrency = concurrency
        self.retention = retention
        self.lease = lease
    }

    /// Reads the variables above.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            concurrency: try reader.integer("notification.concurrency", default: 16, in: 1...256),
            retention: .seconds(
                86_400 * (try reader.integer("notification.retention.days", default: 30, in: 1...3650))))
    }

    /// Attempts are limited by the age of the mail, see ``NotificationSender``.
    package var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, lease: lease,
            backOff: BackOff(initial: .seconds(2), maximum: .seconds(3600)), maximumAttempts: .max,
            // A mail server may take offense at being probed more often.
            unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(5)),
            // Not rarer than leases are renewed: see `AnswerHistory`.
            pollInterval: lease / 3, drainTimeout: .seconds(4))
    }
}
