package import Configuration
package import ConfigurationChecks
package import Entities
package import ServiceKit

/// What the subscription service reads besides the configuration of its database, Redis, bus and HTTP server.
///
/// Keys: `SUBSCRIPTION_QUOTA` (1...1000, default 10: live subscriptions, PENDING or ACTIVE, that one tenant may have);
/// `SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS` (0...86400, default 3600: time between two looks for subscriptions that
/// are over; 0: none); `BILLING_PROVIDER` (`internal` or `none`, default `internal`); `WEBHOOK_USERNAME` and
/// `WEBHOOK_PASSWORD` (a secret): of those who report payments; without both, nobody can; `SYSTEM_USER_ID` (a UUID,
/// see `SystemUser`); `DATA_ENCRYPTION_KEY` (secret; default `JWT_SECRET`).
package struct SubscriptionConfiguration: Sendable {
    /// Live subscriptions that one tenant may have.
    package var quota: Int
    /// Time between two looks for subscriptions that are over; nil: nobody looks.
    var expiryInterval: Duration?
    /// Whose the service's own changes are.
    package var systemUser: SystemUser
    /// Who keeps customers and collects money.
    var billingProvider = BillingProviderChoice.internal
    /// Seals what lies in the database for clients' repetitions.
    var encryptionKey: String
    /// Who may report payments; nil: nobody.
    var webhookCredentials: WebhookCredentials?

    /// A configuration; see the keys above.
    package init(quota: Int = 10, systemUser: SystemUser = SystemUser(identifier: nil), encryptionKey: String) {
        self.quota = quota
        self.systemUser = systemUser
        self.encryptionKey = encryptionKey
    }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range, or one of two that belong together is missing.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let secret = try reader.secret("data.encryption.key", or: "jwt.secret") else {
            throw ConfigurationFailure(
                key: "DATA_ENCRYPTION_KEY",
                reason:
                    "is not set, and there is no JWT_SECRET in its place: answers kept for repetitions are sealed with it"
            )
        }
        self.init(
            quota: try reader.integer("subscription.quota", default: 10, in: 1...1000),
            systemUser: try SystemUser(reader: reader), encryptionKey: secret)
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
        case (.some, nil): throw ConfigurationFailure(key: "WEBHOOK_PASSWORD", reason: "is missing: the name is set")
        case (nil, .some):
            throw ConfigurationFailure(key: "WEBHOOK_USERNAME", reason: "is missing: the password is set")
        case (nil, nil): break
        }
    }
}
