import Configuration
import ConfigurationChecks

/// Settings of the provisioners, besides those of their database (`PROVISIONER_DB_…`, only if a tier needs it).
struct ProvisionerConfiguration: Sendable {
    private enum Settings {
        static let tiers = Setting.optionalText(
            "TIERS_FILE", unset: "BASIC, STANDARD → postgres-schema; PREMIUM → postgres-database",
            values: "path of a file",
            "Tiers as data, see below")
        static let reload = Setting.duration(
            "DATA_SERVERS_RELOAD_SECONDS", default: 5, in: 1...3600, "How often the file of data servers is read again")
        static let serverConcurrency = Setting.integer(
            "PROVISIONING_SERVER_CONCURRENCY", default: 4, in: 1...64,
            "Most steps that work on one of several data servers at the same time, so that one that hangs holds up only its own tenants"
        )
        static let roleConnections = Setting.integer(
            "PROVISIONER_ROLE_CONNECTION_LIMIT", default: 20, in: 1...10_000, "Connections of a tenant's role")
        static let allowsInternalPipelines = Setting.flag(
            "PROVISIONER_HTTP_ALLOW_PRIVATE", default: true,
            "Whether pipelines may be in private networks (link-local and metadata addresses are never allowed)")
    }

    static let configurationKeys = ConfigurationKeys(
        "provisioners",
        [
            Settings.tiers, DataServersFile.setting, Settings.reload, Settings.serverConcurrency,
            Settings.roleConnections,
            Settings.allowsInternalPipelines,
        ])

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
        tiersFile = try reader.value(Settings.tiers)
        tiers =
            try tiersFile.map { (path) throws(ConfigurationFailure) in try TierDefinition.load(path: path) }
            ?? TierDefinition.defaults
        reloadInterval = try reader.value(Settings.reload)
        serverConcurrency = try reader.value(Settings.serverConcurrency)
        roleConnectionLimit = try reader.value(Settings.roleConnections)
        allowsInternalPipelines = try reader.value(Settings.allowsInternalPipelines)
    }
}
