import Configuration
import ConfigurationChecks
import ServiceKit

/// Settings of billing.
struct BillingConfiguration: Sendable {
    private enum Settings {
        static let provider = Setting<BillingProviderChoice>.choice(
            "BILLING_PROVIDER", default: .internal,
            "`internal` is the built-in ledger, `stripe` needs `STRIPE_SECRET_KEY`, `chargebee` needs `CHARGEBEE_SITE` and `CHARGEBEE_API_KEY`; with `none`, billing operations return 422 `ProviderNotFound`"
        )
        static let testCards = Setting.flag(
            "BILLING_TEST_CARDS", default: false,
            "Whether the built-in provider charges test cards ([payments](payments.md#test-cards)), for which no money moves; refused in production, see `ARC_ENV`"
        )
        static let username = Setting.optionalText(
            "WEBHOOK_USERNAME",
            "Name in the credentials for `POST /webhooks/billing-payment`; without both, every call is rejected")
        static let password = Setting.secret("WEBHOOK_PASSWORD", "Password in these credentials")
    }

    static let configurationKeys = ConfigurationKeys(
        "billing", [Settings.provider, Settings.testCards, Settings.username, Settings.password]
    )
    .checking { (reader) throws(ConfigurationFailure) in _ = try BillingConfiguration(reader: reader) }

    let provider: BillingProviderChoice
    let hasTestCards: Bool
    /// Nil to reject all payment reports.
    var webhookCredentials: BasicCredentials?

    /// - Throws: ``ConfigurationFailure`` for an unknown provider, or when one of two that belong together is missing.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        provider = try reader.value(Settings.provider)
        hasTestCards = try reader.value(Settings.testCards)
        guard !hasTestCards || DeploymentEnvironment(reader: reader) == .development else {
            throw ConfigurationFailure(
                key: "BILLING_TEST_CARDS", reason: "must not be true in production: test cards need ARC_ENV=test")
        }
        webhookCredentials = try WebhookCredentials.read(
            Settings.username, "WEBHOOK_USERNAME", Settings.password, "WEBHOOK_PASSWORD", reader: reader)
    }
}
