import Configuration
import ConfigurationChecks
import WorkQueue

/// Settings of runs.
///
/// | environment | default | range |
/// |---|---|---|
/// | `PROVISIONING_CONCURRENCY` | 8 | 1 … 64 runs at once |
/// | `PROVISIONING_TIER_CONCURRENCY` | half of that | 1 … 64 runs at once for one tier, or for one pipeline's host |
/// | `PROVISIONING_OUTAGE_SECONDS` | 3600 | 0 … 86400 for which what a provisioner depends on may be away |
/// | `PROVISIONING_MAX_ATTEMPTS` | 5 | 1 … 100 |
/// | `PROVISIONING_BACKOFF_MILLIS`, `PROVISIONING_BACKOFF_MAX_MILLIS` | 1000, 60000 | 1 … 86400000 |
/// | `PROVISIONING_LEASE_MILLIS` | 8000 | 100 … 3600000 |
/// | `CALLBACK_BACKOFF_MILLIS`, `CALLBACK_BACKOFF_MAX_MILLIS` | 500, 300000 | 1 … 86400000 |
extension RunPolicy {
    static let configurationKeys: ConfigurationKeys = [
        "PROVISIONING_CONCURRENCY", "PROVISIONING_TIER_CONCURRENCY", "PROVISIONING_OUTAGE_SECONDS",
        "PROVISIONING_MAX_ATTEMPTS", "PROVISIONING_BACKOFF_MILLIS", "PROVISIONING_BACKOFF_MAX_MILLIS",
        "PROVISIONING_LEASE_MILLIS", "CALLBACK_BACKOFF_MILLIS", "CALLBACK_BACKOFF_MAX_MILLIS",
    ]

    /// - Parameter shutdownTime: How long the service may take to end.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader, shutdownTime: Duration) throws(ConfigurationFailure) {
        let concurrency = try reader.integer("provisioning.concurrency", default: 8, in: 1...64)
        self.init(
            concurrency: concurrency,
            tierConcurrency: try reader.integer(
                "provisioning.tier.concurrency", default: (concurrency + 1) / 2, in: 1...64),
            maximumAttempts: try reader.integer("provisioning.max.attempts", default: 5, in: 1...100),
            provisioning: try Self.backOff("provisioning", initial: 1000, maximum: 60_000, reader),
            outageLimit: .seconds(try reader.integer("provisioning.outage.seconds", default: 3600, in: 0...86_400)),
            callback: try Self.backOff("callback", initial: 500, maximum: 300_000, reader),
            lease: try reader.milliseconds("provisioning.lease.millis", default: 8000, in: 100...3_600_000),
            // The rest of the time is for giving back what was canceled.
            drainTimeout: shutdownTime * 0.7)
    }

    private static func backOff(
        _ name: String, initial: Int, maximum: Int, _ reader: ConfigReader
    ) throws(ConfigurationFailure) -> BackOff {
        BackOff(
            initial: try reader.milliseconds([name, "backoff", "millis"], default: initial, in: 1...86_400_000),
            maximum: try reader.milliseconds(
                [name, "backoff", "max", "millis"], default: maximum, in: 1...86_400_000))
    }
}
