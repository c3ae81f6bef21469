import Configuration
import ConfigurationChecks

/// Settings of billing.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `BILLING_PROVIDER` | `internal`, `none` | `internal` | see ``BillingProviderChoice`` |
/// | `WEBHOOK_USERNAME`, `WEBHOOK_PASSWORD` | secret | | credentials for payment reports; without both, all are rejected |
struct BillingConfiguration: Sendable {
    static let configurationKeys = ConfigurationKeys(
        ["BILLING_PROVIDER", "WEBHOOK_USERNAME"], secrets: ["WEBHOOK_PASSWORD"])

    let provider: BillingProviderChoice
    /// Nil to reject all payment reports.
    var webhookCredentials: WebhookCredentials?

    /// - Throws: ``ConfigurationFailure`` for an unknown provider, or when one of two that belong together is missing.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        provider = try reader.choice("billing.provider") ?? .internal
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
