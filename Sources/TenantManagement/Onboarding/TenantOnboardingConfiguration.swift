import Configuration
import ConfigurationChecks
import Primitives

/// Settings of new tenants.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `PROVISION_ON_CREATE` | `true` | whether a tenant that an operator creates is provisioned at once |
/// | `DEFAULT_TIER` | `BASIC` | tier of such a tenant when the request names none |
/// | `TENANT_RESERVED_KEYS` | ``TenantKey/reservedByDefault`` | comma separated |
struct TenantOnboardingConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["PROVISION_ON_CREATE", "DEFAULT_TIER", "TENANT_RESERVED_KEYS"]

    var provisionsOnCreate: Bool
    var defaultTier: String
    var reservedTenantKeys: Set<String>

    /// - Throws: ``ConfigurationFailure`` when a value is malformed.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        provisionsOnCreate = try reader.flag("provision.on.create", default: true)
        defaultTier = reader.text("default.tier") ?? "BASIC"
        reservedTenantKeys =
            reader.text("tenant.reserved.keys").map {
                Set($0.split(separator: ",").map { $0.trimmingSpaces().lowercased() })
            } ?? TenantKey.reservedByDefault
    }
}
