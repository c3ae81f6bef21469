import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit

/// Settings of the signed callbacks that tenant management receives.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `WEBHOOK_SECRET_EXPIRY` | 1000 … 604800000 ms | 1200000 | lifetime of the copy of a secret in Redis |
/// | `WEBHOOK_TIMESTAMP_TOLERANCE` | 1000 … 300000 ms | 20000 | maximum age of a callback |
/// | `WEBHOOK_API_MAX_ATTEMPTS` | 1 … 1000000 | 60 | callbacks for one tenant in a minute |
struct WebhookConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "WEBHOOK_SECRET_EXPIRY", "WEBHOOK_TIMESTAMP_TOLERANCE", "WEBHOOK_API_MAX_ATTEMPTS",
    ]

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
        webhookSecretLifetime = try reader.milliseconds(
            "webhook.secret.expiry", default: 1_200_000, in: 1000...604_800_000)
        webhookTolerance = try reader.milliseconds("webhook.timestamp.tolerance", default: 20_000, in: 1000...300_000)
        webhookLimit = RateLimit(
            limit: try RateLimitRules.callbackAttempts(reader: reader), setting: .callbackAttempts(times: 1))
    }
}
