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

    var provider = BillingProviderChoice.internal
    /// Nil to reject all payment reports.
    var webhookCredentials: WebhookCredentials?

    /// - Throws: ``ConfigurationFailure`` for an unknown provider, or when one of two that belong together is missing.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        if let text = reader.text("billing.provider") {
            guard let choice = BillingProviderChoice(rawValue: text.lowercased()) else {
                let names = BillingProviderChoice.allCases.map(\.rawValue).joined(separator: " or ")
                throw ConfigurationFailure(key: "BILLING_PROVIDER", reason: "is \"\(text)\", but must be \(names)")
            }
            provider = choice
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
