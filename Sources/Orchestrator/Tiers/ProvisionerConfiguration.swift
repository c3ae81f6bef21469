import Configuration
import ConfigurationChecks

/// Settings of the provisioners, besides those of their database (`PROVISIONER_DB_…`, only if a tier needs it).
///
/// | environment | default | range |
/// |---|---|---|
/// | `TIERS_FILE` | none | JSON: tier, and plan size, to provisioner |
/// | `PROVISIONER_ROLE_CONNECTION_LIMIT` | 20 | 1 … 10000, for each tenant's role |
/// | `PROVISIONER_HTTP_ALLOW_PRIVATE` | true | whether pipelines may be on this machine or in private networks |
struct ProvisionerConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "TIERS_FILE", "PROVISIONER_ROLE_CONNECTION_LIMIT", "PROVISIONER_HTTP_ALLOW_PRIVATE",
    ]

    /// Which tier has which provisioner.
    var tiers: [TierDefinition]
    /// The file that says so; nil for the defaults.
    var tiersFile: String?
    /// Most connections of a tenant's role.
    var roleConnectionLimit: Int
    /// Whether pipelines may be on this machine or in private networks. Link-local addresses and metadata services are
    /// refused in any case.
    var allowsInternalPipelines: Bool

    /// Reads the settings and the tiers file.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        tiersFile = reader.text("tiers.file")
        tiers =
            try tiersFile.map { (path) throws(ConfigurationFailure) in try TierDefinition.load(path: path) }
            ?? TierDefinition.defaults
        roleConnectionLimit = try reader.integer("provisioner.role.connection.limit", default: 20, in: 1...10_000)
        allowsInternalPipelines = try reader.flag("provisioner.http.allow.private", default: true)
    }
}
