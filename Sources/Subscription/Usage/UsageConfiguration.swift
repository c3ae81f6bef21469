import Configuration
import ConfigurationChecks

/// Settings of usage.
struct UsageConfiguration: Sendable {
    private enum Settings {
        static let lateness = Setting.duration(
            "USAGE_LATE_EVENT_DAYS", default: 35, in: 1...365,
            "How old a usage event may be when it arrives; older ones are refused")
        static let retention = Setting.duration(
            "USAGE_EVENT_RETENTION_DAYS", default: 90, in: 2...3650,
            "How long single usage events are kept after their arrival. Until then an event that is sent again counts once; sums stay. More than USAGE_LATE_EVENT_DAYS"
        )
    }

    static let configurationKeys = ConfigurationKeys("usage", [Settings.lateness, Settings.retention])
        .checking { (reader) throws(ConfigurationFailure) in _ = try UsageConfiguration(reader: reader) }

    var lateness: Duration
    var retention: Duration

    /// - Throws: ``ConfigurationFailure`` when a value is out of range, or events are forgotten before they are too old.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        lateness = try reader.value(Settings.lateness)
        retention = try reader.value(Settings.retention)
        guard retention > lateness else {
            throw ConfigurationFailure(
                key: "USAGE_EVENT_RETENTION_DAYS",
                reason: "must be more than USAGE_LATE_EVENT_DAYS, so that no event counts twice")
        }
    }
}
