import Configuration
import ConfigurationChecks

/// Settings of provisioning: `PROVISIONING_TIMEOUT_SECONDS`, 60 … 2592000, default 86400.
struct ProvisioningConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["PROVISIONING_TIMEOUT_SECONDS"]

    /// The time after which a tenant without a callback becomes PROVISIONFAILED.
    let timeout: Duration

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        timeout = .seconds(try reader.integer("provisioning.timeout.seconds", default: 86_400, in: 60...2_592_000))
    }
}
