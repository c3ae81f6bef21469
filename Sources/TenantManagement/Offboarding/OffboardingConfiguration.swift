import Configuration
import ConfigurationChecks

/// Settings of off-boarding: `OFFBOARDING_GRACE_DAYS`, 0 … 365, default 30.
struct OffboardingConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["OFFBOARDING_GRACE_DAYS"]

    /// Days between a request that does not say how many, and the removal.
    let graceDays: Int

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        graceDays = try reader.integer(
            "offboarding.grace.days", default: 30, in: 0...Offboarding.maximumGraceDays)
    }
}
