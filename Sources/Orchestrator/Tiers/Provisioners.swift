import Configuration
import ConfigurationChecks
import Logging
import PostgresClient

/// The provisioners of all tiers, and the connections that they share.
struct Provisioners: Sendable {
    let tiers: TierTable
    /// Requests to pipelines.
    let pipelines: JSONPoster
    let application: ApplicationDatabase

    /// Reads the tiers and makes their provisioners.
    /// - Throws: ``ConfigurationFailure`` that names the variable or the tier.
    init(
        reader: ConfigReader, credentials: TenantCredentialStore, logger: Logger
    ) throws(ConfigurationFailure) {
        let configuration = try ProvisionerConfiguration(reader: reader)
        let application = ApplicationDatabase(reader: reader, logger: logger)
        let pipelines = JSONPoster(allowsInternalAddresses: configuration.allowsInternalPipelines)
        let registry = ProvisionerRegistry(
            tenancy: { () throws(ConfigurationFailure) in
                let (pool, database) = try application.open()
                return PostgresTenancy(
                    pool: pool, configuration: database, credentials: credentials,
                    connectionLimit: configuration.roleConnectionLimit)
            }, client: pipelines, logger: logger)
        do throws(ConfigurationFailure) {
            tiers = try registry.table(configuration.tiers)
        } catch {
            throw error.inTiersFile(configuration.tiersFile)
        }
        self.application = application
        self.pipelines = pipelines
    }

    func shutdown() async {
        await pipelines.shutdown()
        await application.pool?.shutdown()
    }
}
