package import Configuration
package import ConfigurationChecks

/// The settings of the audit log.
package struct AuditConfiguration: Sendable {
    /// How long rows are kept; nil: forever.
    package let retention: Duration?

    package static let configurationKeys: ConfigurationKeys = ["AUDIT_RETENTION_DAYS"]

    /// `AUDIT_RETENTION_DAYS`, 30 to 36500 (default 730); 0 keeps everything.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let days = try reader.integer("audit.retention.days", default: 730, in: 0...36_500)
        guard days == 0 || days >= AuditSchema.shortestRetentionDays else {
            throw ConfigurationFailure(
                key: "AUDIT_RETENTION_DAYS",
                reason: "must be 0, which keeps everything, or at least \(AuditSchema.shortestRetentionDays)")
        }
        retention = days == 0 ? nil : .seconds(days * 86_400)
    }
}
