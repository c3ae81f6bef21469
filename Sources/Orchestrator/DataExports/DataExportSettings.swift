import Configuration
import ConfigurationChecks
import Primitives

/// Settings of the exports of application data.
struct DataExportSettings: Sendable {
    private static let timeoutSetting = Setting.duration(
        "DATA_EXPORT_TIMEOUT_SECONDS", default: 14_400, in: 10...86_400,
        "Longest time for the dump of a tenant's data that is exported, from its first to its last byte")

    static let configurationKeys = ConfigurationKeys("exports of application data", [timeoutSetting])

    let timeout: Duration

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        timeout = try reader.value(Self.timeoutSetting)
    }
}
