import Configuration
import ConfigurationChecks

/// Settings of exports.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `EXPORT_RETENTION_DAYS` | 1 … 365 | 7 | how long an archive can be downloaded |
/// | `EXPORT_MAXIMUM_MEGABYTES` | 1 … 2048 | 256 | largest archive |
/// | `EXPORT_TIMEOUT_SECONDS` | 10 … 86400 | 900 | how long rows of other services, and each part of application data, are waited for |
/// | `EXPORT_APPLICATION_DATA` | true, false | true | whether the orchestrator is asked for application data |
struct ExportConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "EXPORT_RETENTION_DAYS", "EXPORT_MAXIMUM_MEGABYTES", "EXPORT_TIMEOUT_SECONDS", "EXPORT_APPLICATION_DATA",
    ]

    let retention: Duration
    /// In bytes.
    let maximumSize: Int
    let timeout: Duration
    /// Whether application data is part of archives.
    let includesData: Bool

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        retention = .seconds(86_400 * (try reader.integer("export.retention.days", default: 7, in: 1...365)))
        maximumSize = 1_048_576 * (try reader.integer("export.maximum.megabytes", default: 256, in: 1...2048))
        timeout = .seconds(try reader.integer("export.timeout.seconds", default: 900, in: 10...86_400))
        includesData = try reader.flag("export.application.data", default: true)
    }
}
