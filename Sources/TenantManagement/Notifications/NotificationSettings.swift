package import Configuration
package import ConfigurationChecks
package import WorkQueue

/// How mails are sent.
package struct NotificationSettings: Sendable {
    private enum Settings {
        static let concurrency = Setting.integer(
            "NOTIFICATION_CONCURRENCY", default: 16, in: 1...256,
            "Mails sent at the same time, each on its own connection")
        static let retention = Setting.duration(
            "NOTIFICATION_RETENTION_DAYS", default: 30, in: 1...3650, "How long a mail that was given up is kept")
    }

    package static let configurationKeys = ConfigurationKeys(
        "sending mails", [Settings.concurrency, Settings.retention])

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
            concurrency: try reader.value(Settings.concurrency), retention: try reader.value(Settings.retention))
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
