import Configuration
import ConfigurationChecks

/// Settings of Stripe. Never shows its key.
struct StripeConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    private enum Settings {
        static let key = Setting.secret(
            "STRIPE_SECRET_KEY",
            "Secret key of the Stripe account, `sk_…` or `rk_…`; needed with `BILLING_PROVIDER=stripe`")
        static let webhookSecret = Setting.secret(
            "STRIPE_WEBHOOK_SECRET",
            "Signing secret of the webhook endpoint at Stripe, `whsec_…`; without it, `POST /webhooks/stripe` rejects everything"
        )
        static let base = Setting.text(
            "STRIPE_API_BASE", default: "https://api.stripe.com", values: ProviderAddress.values,
            "Where Stripe is; for tests", isValid: ProviderAddress.isValid)
    }

    static let configurationKeys = ConfigurationKeys("billing", [Settings.key, Settings.webhookSecret, Settings.base])

    let key: String
    /// Without a slash at the end.
    let base: String

    var description: String { "Stripe at \(base)" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// - Throws: ``ConfigurationFailure`` without a key.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let key = try reader.value(Settings.key) else {
            throw ConfigurationFailure(key: "STRIPE_SECRET_KEY", reason: "is missing: BILLING_PROVIDER is stripe")
        }
        self.key = key
        base = ProviderAddress.base(try reader.value(Settings.base))
    }

    /// The signing secret of webhooks; nil to reject all.
    static func webhookSecret(reader: ConfigReader) throws(ConfigurationFailure) -> String? {
        try reader.value(Settings.webhookSecret)
    }
}
