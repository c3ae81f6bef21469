import Configuration
import ConfigurationChecks
import Crypto
import FoundationEssentials

/// Settings of entitlement tokens.
struct EntitlementTokenConfiguration: Sendable {
    private enum Settings {
        static let lifetime = Setting.duration(
            "ENTITLEMENT_TOKEN_SECONDS", default: 300, in: 30...3600,
            "How long an entitlement token is valid; what changes meanwhile counts with the next token")
        static let issuer = Setting.text(
            "ENTITLEMENT_TOKEN_ISSUER", default: "arc-subscription", "The claim `iss` of entitlement tokens")
        static let keys = Setting.secret(
            "ENTITLEMENT_SIGNING_KEYS", unset: "keys are made, rotated, and kept sealed in the database",
            values: "Base64 of 32 random bytes, several separated by commas",
            "Ed25519 keys of entitlement tokens. The first one signs, and all are published; put a new one last, and first after a day"
        ) { EntitlementKey.keys(in: $0) != nil }
        static let rotation = Setting.duration(
            "ENTITLEMENT_KEY_DAYS", default: 30, in: 1...3650,
            "How long a key from the database signs entitlement tokens before the next one does")
    }

    static let configurationKeys = ConfigurationKeys(
        "entitlement tokens", [Settings.lifetime, Settings.issuer, Settings.keys, Settings.rotation])

    let lifetime: Duration
    let issuer: String
    /// Nil for those of the database.
    let keys: [EntitlementKey]?
    let rotation: Duration

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        lifetime = try reader.value(Settings.lifetime)
        issuer = try reader.value(Settings.issuer)
        keys = try reader.value(Settings.keys).flatMap(EntitlementKey.keys)
        rotation = try reader.value(Settings.rotation)
    }
}
