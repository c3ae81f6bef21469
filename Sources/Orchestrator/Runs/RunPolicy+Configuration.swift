import Configuration
import ConfigurationChecks
import WorkQueue

extension RunPolicy {
    private enum Settings {
        static let concurrency = Setting.integer(
            "PROVISIONING_CONCURRENCY", default: 8, in: 1...64, "Most runs that a node works on at the same time")
        static let tierConcurrency = Setting.optionalInteger(
            "PROVISIONING_TIER_CONCURRENCY", unset: "half of `PROVISIONING_CONCURRENCY`", in: 1...64,
            "Most runs at the same time of one tier, or of the host of one pipeline")
        static let outage = Setting.duration(
            "PROVISIONING_OUTAGE_SECONDS", default: 3600, in: 0...86_400,
            "How long a dependency of a provisioner (its database, a pipeline, exit code 75 of a command) may be unavailable before the run fails; no attempts are counted meanwhile"
        )
        static let attempts = Setting.integer(
            "PROVISIONING_MAX_ATTEMPTS", default: 5, in: 1...100, "Attempts at a step")
        static let provisioning = BackOffSettings(
            "PROVISIONING", initial: 1000, maximum: 60_000, of: "an attempt at a step")
        static let lease = Setting.duration(
            "PROVISIONING_LEASE_MILLIS", default: 8000, in: 100...3_600_000,
            "Runs of a process that was killed go on after this time at the latest")
        static let callback = BackOffSettings("CALLBACK", initial: 500, maximum: 300_000, of: "a callback")
    }

    static let configurationKeys = ConfigurationKeys(
        "runs",
        [
            Settings.concurrency, Settings.tierConcurrency, Settings.outage, Settings.attempts,
            Settings.provisioning.initial, Settings.provisioning.maximum, Settings.lease, Settings.callback.initial,
            Settings.callback.maximum,
        ])

    /// - Parameter shutdownTime: How long the service may take to end.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader, shutdownTime: Duration) throws(ConfigurationFailure) {
        let concurrency = try reader.value(Settings.concurrency)
        self.init(
            concurrency: concurrency,
            tierConcurrency: try reader.value(Settings.tierConcurrency) ?? (concurrency + 1) / 2,
            maximumAttempts: try reader.value(Settings.attempts),
            provisioning: try Settings.provisioning.value(reader),
            outageLimit: try reader.value(Settings.outage),
            callback: try Settings.callback.value(reader),
            lease: try reader.value(Settings.lease),
            // The rest of the time is for giving back what was canceled.
            drainTimeout: shutdownTime * 0.7)
    }
}

/// The delays between repetitions.
private struct BackOffSettings {
    let initial: Setting<Duration>
    let maximum: Setting<Duration>

    init(_ name: String, initial: Int, maximum: Int, of what: String) {
        let range = 1...86_400_000
        self.initial = .duration(
            "\(name)_BACKOFF_MILLIS", default: initial, in: range, "Delay before \(what) is repeated for the first time"
        )
        self.maximum = .duration(
            "\(name)_BACKOFF_MAX_MILLIS", default: maximum, in: range, "Longest delay before \(what) is repeated")
    }

    func value(_ reader: ConfigReader) throws(ConfigurationFailure) -> BackOff {
        BackOff(initial: try reader.value(initial), maximum: try reader.value(maximum))
    }
}
