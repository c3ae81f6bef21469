import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit

/// Settings of the signed callbacks that tenant management receives.
struct WebhookConfiguration: Sendable {
    private enum Settings {
        static let secretLifetime = Setting.milliseconds(
            "WEBHOOK_SECRET_EXPIRY", default: 1_200_000, in: 1000...604_800_000,
            "Lifetime of the copy of a tenant's secret in Redis")
        static let tolerance = Setting.milliseconds(
            "WEBHOOK_TIMESTAMP_TOLERANCE", default: 20_000, in: 1000...300_000, "Maximum age of a callback")
    }

    static let configurationKeys = ConfigurationKeys(
        "received callbacks",
        [RateLimitRules.callbackAttemptsSetting, Settings.secretLifetime, Settings.tolerance])

    var webhookSecretLifetime: Duration
    var webhookTolerance: Duration
    /// Callbacks for one tenant.
    var webhookLimit: RateLimit
    /// Callbacks from one address, whatever tenants they name: one pipeline may work for many.
    var webhookAddressLimit: RateLimit {
        RateLimit(limit: webhookLimit.limit * 10, setting: .callbackAttempts(times: 10))
    }

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        webhookSecretLifetime = try reader.value(Settings.secretLifetime)
        webhookTolerance = try reader.value(Settings.tolerance)
        webhookLimit = RateLimit(
            limit: try reader.value(RateLimitRules.callbackAttemptsSetting), setting: .callbackAttempts(times: 1))
    }
}
