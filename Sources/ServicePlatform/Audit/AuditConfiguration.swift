package import Configuration
package import ConfigurationChecks

/// The settings of the audit log.
package struct AuditConfiguration: Sendable {
    /// How long rows are kept; nil: forever.
    package let retention: Duration?

    private static let days = AuditSchema.shortestRetentionDays...36_500
    private static let setting = Setting<Int>.parsed(
        "AUDIT_RETENTION_DAYS", default: 730, unset: "730",
        values: "0, which keeps everything, or an integer from \(days.lowerBound) to \(days.upperBound)",
        "How long rows of the [audit log](operations.md#the-audit-log) are kept", isLiteral: true
    ) { text in Int(text).flatMap { $0 == 0 || days.contains($0) ? $0 : nil } }

    package static let configurationKeys = ConfigurationKeys("audit log", [setting])

    /// Reads the setting.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let days = try reader.value(Self.setting)
        retention = days == 0 ? nil : .seconds(days * 86_400)
    }
}
