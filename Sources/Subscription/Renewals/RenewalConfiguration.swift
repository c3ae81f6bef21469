import Configuration
import ConfigurationChecks
import WorkQueue

/// Settings of renewals.
struct RenewalConfiguration: Sendable {
    private enum Settings {
        static let concurrency = Setting.integer(
            "RENEWAL_CONCURRENCY", default: 4, in: 1...64,
            "Subscriptions that a node bills at the same time; each takes a connection to the database meanwhile")
        static let lease = Setting.duration(
            "RENEWAL_LEASE_SECONDS", default: 60, in: 5...3600,
            "For how long a subscription belongs to the node that bills it. What a killed node has claimed is due again after that"
        )
        static let attempts = Setting.integer(
            "RENEWAL_MAX_ATTEMPTS", default: 12, in: 1...100,
            "Failed attempts to bill a subscription, after which it is parked (`GET /subscriptions/parked`). Outages are no attempts"
        )
        static let lag = Setting.duration(
            "RENEWAL_LAG_SECONDS", default: 900, in: 1...604_800,
            "Age of the oldest due renewal above which `/health/ready` is degraded")
    }

    static let configurationKeys = ConfigurationKeys(
        "subscriptions", [Settings.concurrency, Settings.lease, Settings.attempts, Settings.lag])

    let worker: WorkerConfiguration
    /// How old renewals may become that are due.
    let lag: Duration

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        worker = WorkerConfiguration(
            concurrency: try reader.value(Settings.concurrency), lease: try reader.value(Settings.lease),
            maximumAttempts: try reader.value(Settings.attempts), pollInterval: .seconds(5))
        lag = try reader.value(Settings.lag)
    }
}
