import Configuration
import ConfigurationChecks
import Primitives

/// Settings of new tenants.
struct TenantOnboardingConfiguration: Sendable {
    private enum Settings {
        static let provisions = Setting.flag(
            "PROVISION_ON_CREATE", default: true,
            "Whether a tenant that an operator creates is provisioned at once; `false` gives the original's two steps")
        static let tier = Setting.text(
            "DEFAULT_TIER", default: "BASIC", "Tier of such a tenant when the request names none")
        static let reserved = Setting<Set<String>>.parsed(
            "TENANT_RESERVED_KEYS", default: TenantKey.reservedByDefault,
            unset: TenantKey.reservedByDefault.sorted().joined(separator: ", "), values: "keys, separated by commas",
            "Keys that no tenant can have; replaces the default list"
        ) { text in Set(text.split(separator: ",").map { $0.trimmingSpaces().lowercased() }) }
    }

    static let configurationKeys = ConfigurationKeys(
        "new tenants", [Settings.provisions, Settings.tier, Settings.reserved])

    var provisionsOnCreate: Bool
    var defaultTier: String
    var reservedTenantKeys: Set<String>

    /// - Throws: ``ConfigurationFailure`` when a value is malformed.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        provisionsOnCreate = try reader.value(Settings.provisions)
        defaultTier = try reader.value(Settings.tier)
        reservedTenantKeys = try reader.value(Settings.reserved)
    }
}
