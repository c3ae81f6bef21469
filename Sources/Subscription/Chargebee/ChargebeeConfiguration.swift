import Configuration
import ConfigurationChecks
import ServiceKit

/// Settings of Chargebee. Never shows its key.
struct ChargebeeConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    private enum Settings {
        static let site = Setting<String?>.optionalText(
            "CHARGEBEE_SITE", values: "lower-case letters, digits and hyphens",
            "Name of the site at Chargebee, `acme` of `acme.chargebee.com`; needed with `BILLING_PROVIDER=chargebee`",
            isValid: Self.isSite)
        static let key = Setting.secret(
            "CHARGEBEE_API_KEY", "A full-access API key of the site; needed with `BILLING_PROVIDER=chargebee`")
        static let base = Setting<String?>.optionalText(
            "CHARGEBEE_API_BASE", unset: "that of the site", values: ProviderAddress.values,
            "Where Chargebee is; for tests", isValid: ProviderAddress.isValid)
        static let username = Setting<String?>.optionalText(
            "CHARGEBEE_WEBHOOK_USERNAME",
            "Name in the credentials for `POST /webhooks/chargebee`; without both, every call is rejected")
        static let password = Setting.secret("CHARGEBEE_WEBHOOK_PASSWORD", "Password in these credentials")

        private static func isSite(_ text: String) -> Bool {
            (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
                && text.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                }
        }
    }

    static let configurationKeys = ConfigurationKeys(
        "billing", [Settings.site, Settings.key, Settings.base, Settings.username, Settings.password]
    )
    .checking { (reader) throws(ConfigurationFailure) in
        _ = try webhookCredentials(reader: reader)
        if try BillingConfiguration(reader: reader).provider == .chargebee {
            _ = try ChargebeeConfiguration(reader: reader)
        }
    }

    let key: String
    /// Without a slash at the end.
    let base: String

    var description: String { "Chargebee at \(base)" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// - Throws: ``ConfigurationFailure`` without a site or a key.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        func missing(_ name: String) -> ConfigurationFailure {
            ConfigurationFailure(key: name, reason: "is missing: BILLING_PROVIDER is chargebee")
        }
        guard let site = try reader.value(Settings.site) else { throw missing("CHARGEBEE_SITE") }
        guard let key = try reader.value(Settings.key) else { throw missing("CHARGEBEE_API_KEY") }
        self.key = key
        base = ProviderAddress.base(try reader.value(Settings.base) ?? "https://\(site).chargebee.com")
    }

    /// What Chargebee sends with its events; nil to reject all.
    static func webhookCredentials(reader: ConfigReader) throws(ConfigurationFailure) -> BasicCredentials? {
        try WebhookCredentials.read(
            Settings.username, "CHARGEBEE_WEBHOOK_USERNAME", Settings.password, "CHARGEBEE_WEBHOOK_PASSWORD",
            reader: reader)
    }
}
