import Configuration
import ConfigurationChecks
import Logging
import MessageBus
import OpenTelemetry
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import ServiceMetrics
import ServicePlatform

/// What the features of the orchestrator share: connections, the stored runs, and the provisioners of the tiers.
struct OrchestratorCore: Sendable {
    let reader: ConfigReader
    let http: ServiceConfiguration
    let database: ServiceDatabase
    let bus: MessageBusConnection
    let lag: EventLag
    let clock: any WallClock
    let logger: Logger
    /// Opens the secrets of events.
    let secrets: EventSecretSealer
    let repository: ProvisioningRunRepository
    let provisioners: Provisioners
    /// The runs as the worker's store, which is notified of new ones.
    let runs: ProvisioningRunStore
    /// Requests for the data of tenants.
    let dataExports: DataExportStore

    static let defaultPort = 3003

    /// Settings that belong to no feature.
    static let configurationKeys = ConfigurationKeys(combining: [
        ConfigurationKeys("tokens", [TokenConfiguration.secretSetting]),
        EncryptionKeys.configurationKeys,
        ServiceConfiguration.configurationKeys,
        PostgresConfiguration.configurationKeys
            .checking { (reader) throws(ConfigurationFailure) in try PostgresConfiguration.check(reader) },
        BusConnectors.configurationKeys,
        EventLag.configurationKeys,
        TracingConfiguration.configurationKeys,
        ServiceTelemetry.configurationKeys,
    ])

    /// - Parameter bus: nil to use the configured one.
    init(reader: ConfigReader, clock: any WallClock, bus: MessageBusConnection?, logger: Logger) throws {
        let keys = try EncryptionKeys(reader: reader)
        self.reader = reader
        self.clock = clock
        self.logger = logger
        http = try ServiceConfiguration(reader: reader, defaultPort: Self.defaultPort)
        database = ServiceDatabase(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        lag = try EventLag(reader: reader, clock: clock)
        self.bus = try bus ?? BusConnectors.connect(reader: reader, clock: clock, logger: logger)
        secrets = EventSecretSealer(keys: keys)
        let sealer = Sealer(keys: keys, purpose: StoredSecrets.purpose)
        repository = ProvisioningRunRepository(pool: database.pool, sealer: sealer, secrets: secrets, clock: clock)
        provisioners = try Provisioners(
            reader: reader,
            credentials: TenantCredentialStore(pool: database.pool, sealer: sealer, clock: clock, logger: logger),
            logger: logger)
        dataExports = DataExportStore(pool: database.pool, sealer: sealer, secrets: secrets, clock: clock)
        runs = ProvisioningRunStore(repository: repository, tiers: provisioners.tiers)
    }
}
