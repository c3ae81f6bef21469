import Configuration
import ConfigurationChecks

/// Settings of off-boarding.
struct OffboardingConfiguration: Sendable {
    private static let graceSetting = Setting.integer(
        "OFFBOARDING_GRACE_DAYS", default: 30, in: 0...Offboarding.maximumGraceDays,
        "Days between a request for an off-boarding that does not say how many, and the removal")

    static let configurationKeys = ConfigurationKeys("off-boarding", [graceSetting])

    /// Days between a request that does not say how many, and the removal.
    let graceDays: Int

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        graceDays = try reader.value(Self.graceSetting)
    }
}
