import Configuration
import ConfigurationChecks
import Primitives

/// Settings of the exports of application data.
///
/// | environment | default | range |
/// |---|---|---|
/// | `DATA_EXPORT_TIMEOUT_SECONDS` | 14400 | 10 … 86400 for a dump, from its first to its last byte |
struct DataExportSettings: Sendable {
    static let configurationKeys: ConfigurationKeys = ["DATA_EXPORT_TIMEOUT_SECONDS"]

    let timeout: Duration

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        timeout = .seconds(try reader.integer("data.export.timeout.seconds", default: 14_400, in: 10...86_400))
    }
}
