import Configuration
import ConfigurationChecks

/// Settings of provisioning.
struct ProvisioningConfiguration: Sendable {
    private static let timeoutSetting = Setting.duration(
        "PROVISIONING_TIMEOUT_SECONDS", default: 86_400, in: 60...2_592_000,
        "Time after which a tenant whose provisioning was not reported becomes PROVISIONFAILED")

    static let configurationKeys = ConfigurationKeys("provisioning", [timeoutSetting])

    /// The time after which a tenant without a callback becomes PROVISIONFAILED.
    let timeout: Duration

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        timeout = try reader.value(Self.timeoutSetting)
    }
}
