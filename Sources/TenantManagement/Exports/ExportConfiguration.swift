import Configuration
import ConfigurationChecks

/// Settings of exports.
struct ExportConfiguration: Sendable {
    private enum Settings {
        static let retention = Setting.duration(
            "EXPORT_RETENTION_DAYS", default: 7, in: 1...365, "How long an archive can be downloaded")
        static let maximumMegabytes = Setting.integer(
            "EXPORT_MAXIMUM_MEGABYTES", default: 256, in: 1...2048, "Largest archive")
        static let timeout = Setting.duration(
            "EXPORT_TIMEOUT_SECONDS", default: 900, in: 10...86_400,
            "How long rows of other services, and each part of application data, are waited for")
        static let includesData = Setting.flag(
            "EXPORT_APPLICATION_DATA", default: true,
            "Whether archives contain application data, for which the orchestrator is asked; without an orchestrator that answers, exports fail unless it is false"
        )
    }

    static let configurationKeys = ConfigurationKeys(
        "exports", [Settings.retention, Settings.maximumMegabytes, Settings.timeout, Settings.includesData])

    let retention: Duration
    /// In bytes.
    let maximumSize: Int
    let timeout: Duration
    /// Whether application data is part of archives.
    let includesData: Bool

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        retention = try reader.value(Settings.retention)
        maximumSize = 1_048_576 * (try reader.value(Settings.maximumMegabytes))
        timeout = try reader.value(Settings.timeout)
        includesData = try reader.value(Settings.includesData)
    }
}
