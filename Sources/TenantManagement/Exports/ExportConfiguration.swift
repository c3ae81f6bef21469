import Configuration
import ConfigurationChecks

/// Settings of exports.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `EXPORT_RETENTION_DAYS` | 1 … 365 | 7 | how long an archive can be downloaded |
/// | `EXPORT_MAXIMUM_MEGABYTES` | 1 … 2048 | 256 | largest archive |
/// | `EXPORT_TIMEOUT_SECONDS` | 10 … 86400 | 900 | how long the rows of other services are waited for |
struct ExportConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "EXPORT_RETENTION_DAYS", "EXPORT_MAXIMUM_MEGABYTES", "EXPORT_TIMEOUT_SECONDS",
    ]

    let retention: Duration
    /// In bytes.
    let maximumSize: Int
    let timeout: Duration

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        retention = .seconds(86_400 * (try reader.integer("export.retention.days", default: 7, in: 1...365)))
        maximumSize = 1_048_576 * (try reader.integer("export.maximum.megabytes", default: 256, in: 1...2048))
        timeout = .seconds(try reader.integer("export.timeout.seconds", default: 900, in: 10...86_400))
    }
}
