import Configuration
import ConfigurationChecks
import Entities
import ServiceKit

/// What the subscription service reads besides the configuration of its platform.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `SUBSCRIPTION_QUOTA` | 1 … 1000 | 10 | subscriptions, PENDING or ACTIVE, that one tenant may have |
/// | `SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS` | 0 … 86400 | 3600 | interval at which ended subscriptions are marked; 0: never |
/// | `BILLING_PROVIDER` | `internal`, `none` | `internal` | see ``BillingProviderChoice`` |
/// | `WEBHOOK_USERNAME`, `WEBHOOK_PASSWORD` | secret | | credentials for payment reports; without both, all are rejected |
/// | `SYSTEM_USER_ID` | a UUID | | see `SystemUser` |
/// | `DATA_ENCRYPTION_KEY` | secret | `JWT_SECRET` | encrypts the stored responses of requests with an idempotency key |
struct SubscriptionConfiguration: Sendable {
    var quota: Int
    /// Nil to mark none.
    var expiryInterval: Duration?
    /// The author of changes that no request makes.
    var systemUser: SystemUser
    var billingProvider = BillingProviderChoice.internal
    var encryptionKey: String
    /// Nil to reject all payment reports.
    var webhookCredentials: WebhookCredentials?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range, or one of two that belong together is missing.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let secret = try reader.secret("data.encryption.key", or: "jwt.secret") else {
            throw ConfigurationFailure(
                key: "DATA_ENCRYPTION_KEY",
                reason: "is not set, and neither is JWT_SECRET: stored responses are encrypted with it")
        }
        encryptionKey = secret
        quota = try reader.integer("subscription.quota", default: 10, in: 1...1000)
        systemUser = try SystemUser(reader: reader)
        let interval = try reader.integer("subscription.expiry.interval.seconds", default: 3600, in: 0...86_400)
        expiryInterval = interval > 0 ? .seconds(interval) : nil
        if let text = reader.text("billing.provider") {
            guard let choice = BillingProviderChoice(rawValue: text.lowercased()) else {
                let names = BillingProviderChoice.allCases.map(\.rawValue).joined(separator: " or ")
                throw ConfigurationFailure(key: "BILLING_PROVIDER", reason: "is \"\(text)\", but must be \(names)")
            }
            billingProvider = choice
        }
        let password = try reader.secret("webhook.password")
        switch (reader.text("webhook.username"), password) {
        case (let username?, let password?):
            webhookCredentials = WebhookCredentials(username: username, password: password)
        case (.some, nil):
            throw ConfigurationFailure(key: "WEBHOOK_PASSWORD", reason: "is not set, but WEBHOOK_USERNAME is")
        case (nil, .some):
            throw ConfigurationFailure(key: "WEBHOOK_USERNAME", reason: "is not set, but WEBHOOK_PASSWORD is")
        case (nil, nil): break
        }
    }
}
