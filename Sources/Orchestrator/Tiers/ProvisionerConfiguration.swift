import Configuration
import ConfigurationChecks

/// Settings of the provisioners, besides those of their database (`PROVISIONER_DB_…`, only if a tier needs it).
///
/// | environment | default | range |
/// |---|---|---|
/// | `TIERS_FILE` | none | JSON: tier, and plan size, to provisioner |
/// | `DATA_SERVERS_FILE` | none | JSON: the data servers, instead of `PROVISIONER_DB_…` |
/// | `DATA_SERVERS_RELOAD_SECONDS` | 5 | 1 … 3600, how often the file is read again |
/// | `PROVISIONING_SERVER_CONCURRENCY` | 4 | 1 … 64 steps at once on one of several data servers |
/// | `PROVISIONER_ROLE_CONNECTION_LIMIT` | 20 | 1 … 10000, for each tenant's role |
/// | `PROVISIONER_HTTP_ALLOW_PRIVATE` | true | whether pipelines may be on this machine or in private networks |
struct ProvisionerConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "TIERS_FILE", "DATA_SERVERS_FILE", "DATA_SERVERS_RELOAD_SECONDS", "PROVISIONING_SERVER_CONCURRENCY",
        "PROVISIONER_ROLE_CONNECTION_LIMIT", "PROVISIONER_HTTP_ALLOW_PRIVATE",
    ]

    /// Which tier has which provisioner.
    var tiers: [TierDefinition]
    /// The file that says so; nil for the defaults.
    var tiersFile: String?
    /// How often the data servers file is read again.
    var reloadInterval: Duration
    /// Most steps that work on one of several data servers at once.
    var serverConcurrency: Int
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
        reloadInterval = .seconds(try reader.integer("data.servers.reload.seconds", default: 5, in: 1...3600))
        serverConcurrency = try reader.integer("provisioning.server.concurrency", default: 4, in: 1...64)
        roleConnectionLimit = try reader.integer("provisioner.role.connection.limit", default: 20, in: 1...10_000)
        allowsInternalPipelines = try reader.flag("provisioner.http.allow.private", default: true)
    }
}
