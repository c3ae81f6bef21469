import Configuration
import ConfigurationChecks
import Entities
import ServiceKit

/// What tenant management reads besides the configuration of its platform: the settings of its features, and those that
/// several of them share.
///
/// Keys: `DATA_ENCRYPTION_KEY` (secret; default `JWT_SECRET`), `PROVISIONING_TIMEOUT_SECONDS` (60 … 2592000, default
/// 86400: then a tenant whose callback never came is PROVISIONFAILED), `SYSTEM_USER_ID` (a UUID, see `SystemUser`).
struct TenantManagementConfiguration: Sendable {
    var leads: LeadConfiguration
    var webhooks: WebhookConfiguration
    var onboarding: TenantOnboardingConfiguration
    var provisioningTimeout: Duration
    var encryptionKey: String
    /// The author of changes that nobody's request makes.
    var systemUser: SystemUser

    /// - Throws: ``ConfigurationFailure`` when a value is missing or out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        leads = try LeadConfiguration(reader: reader)
        webhooks = try WebhookConfiguration(reader: reader)
        onboarding = try TenantOnboardingConfiguration(reader: reader)
        provisioningTimeout = .seconds(
            try reader.integer("provisioning.timeout.seconds", default: 86_400, in: 60...2_592_000))
        encryptionKey = try reader.secret("data.encryption.key") ?? leads.tokenSecret
        systemUser = try SystemUser(reader: reader)
    }
}
