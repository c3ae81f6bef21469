import Configuration
import ConfigurationChecks
import Logging
import PostgresClient

/// The provisioners of all tiers, and the connections that they share.
struct Provisioners: Sendable {
    let tiers: TierTable
    /// Requests to pipelines.
    let pipelines: JSONPoster
    /// Where tenants are; nil when no tier needs a database.
    let tenancy: PlacedTenancy?
    let configuration: ProvisionerConfiguration
    let reload: TierReload

    /// Reads the tiers and makes their provisioners.
    /// - Throws: ``ConfigurationFailure`` that names the variable, the file, the tier and the member.
    init(
        reader: ConfigReader, credentials: TenantCredentialStore, logger: Logger
    ) throws(ConfigurationFailure) {
        let configuration = try ProvisionerConfiguration(reader: reader)
        let source = DataServerSource(reader: reader, logger: logger)
        let pipelines = JSONPoster(allowsInternalAddresses: configuration.allowsInternalPipelines)
        let repository = PlacementRepository(pool: credentials.pool)
        let tenancy = { @Sendable () throws(ConfigurationFailure) -> PlacedTenancy in
            PlacedTenancy(
                placement: PlacementService(servers: try source.open(), repository: repository),
                credentials: credentials, connectionLimit: configuration.roleConnectionLimit,
                serverConcurrency: configuration.serverConcurrency)
        }
        let registry = ProvisionerRegistry(
            tenancy: tenancy, client: pipelines, logger: logger, moves: try MoveSettings(reader: reader))
        do throws(ConfigurationFailure) {
            tiers = try registry.table(configuration.tiers)
        } catch {
            throw error.inTiersFile(configuration.tiersFile)
        }
        self.tenancy = source.servers == nil ? nil : try tenancy()
        self.configuration = configuration
        reload = TierReload(
            configuration.tiers, registry: registry, tiers: tiers, hasServers: self.tenancy != nil)
        self.pipelines = pipelines
    }

    func shutdown() async {
        await pipelines.shutdown()
        await tenancy?.placement.servers.shutdown()
    }
}
