import Configuration
import ConfigurationChecks
import Logging
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import Synchronization
import WorkQueue

/// The parts of the orchestrator, put together.
struct OrchestratorComponents: Sendable {
    let consumer: ProvisioningConsumer
    /// Receives events over HTTP.
    let events: EventBridgeController
    let worker: LeasedWorker<ProvisioningRunStore>
    /// Health checks in addition to the service's own database and the bus.
    let checks: [HealthCheck]
    /// Closes what the parts have opened.
    let shutdown: @Sendable () async -> Void

    init(
        configuration: OrchestratorConfiguration, reader: ConfigReader, pool: PostgresPool, clock: any WallClock,
        logger: Logger
    ) throws {
        let sealer = Sealer(secret: configuration.encryptionKey, purpose: "orchestrator")
        let secrets = EventSecretSealer(secret: configuration.encryptionKey)
        let repository = ProvisioningRunRepository(pool: pool, sealer: sealer, secrets: secrets, clock: clock)
        let pipelines = JSONPoster(allowsInternalAddresses: configuration.allowsInternalPipelines)
        let callbacks = JSONPoster(allowsInternalAddresses: true)
        let application = ApplicationDatabase(reader: reader, logger: logger)
        let registry = ProvisionerRegistry(
            tenancy: { () throws(ConfigurationFailure) in
                let (pool:applicationPool, configuration:database) = try application.open()
                return PostgresTenancy(
                    pool: applicationPool, configuration: database,
                    credentials: TenantCredentialStore(pool: pool, sealer: sealer, clock: clock, logger: logger),
                    connectionLimit: configuration.roleConnectionLimit)
            }, client: pipelines, logger: logger)
        let tiers = try registry.table(configuration.tiers)

        let runs = ProvisioningRunStore(repository: repository, tiers: tiers)
        consumer = ProvisioningConsumer(repository: repository, announce: { runs.announce() }, logger: logger)
        events = EventBridgeController(
            consumer: consumer, credentials: configuration.eventCredentials, secrets: secrets,
            limit: configuration.eventLimit, clock: clock, logger: logger)
        let processor = ProvisioningRunProcessor(
            repository: repository, tiers: tiers,
            callbacks: CallbackSender(
                url: configuration.callbackURL, timeout: configuration.callbackTimeout, client: callbacks,
                clock: clock),
            appPlaneURL: configuration.appPlaneURL, policy: configuration.policy, clock: clock, logger: logger)
        worker = LeasedWorker(store: runs, configuration: configuration.policy.worker, logger: logger) { run in
            .done(await processor.advance(run))
        }
        checks =
            application.pool.map { pool in
                [
                    HealthCheck("applicationDatabase", isRequired: false) {
                        (try? await pool.query(ProvisioningRunStatements.check)) != nil
                    }
                ]
            } ?? []
        shutdown = {
            await pipelines.shutdown()
            await callbacks.shutdown()
            await application.pool?.shutdown()
        }
    }
}

/// The shared application database, opened when the first tier asks for it.
private final class ApplicationDatabase: Sendable {
    private let reader: ConfigReader
    private let logger: Logger
    private let opened = Mutex<(pool: PostgresPool, configuration: PostgresConfiguration)?>(nil)

    init(reader: ConfigReader, logger: Logger) {
        self.reader = reader
        self.logger = logger
    }

    /// The pool; nil when no tier has asked for it.
    var pool: PostgresPool? { opened.withLock { $0?.pool } }

    func open() throws(ConfigurationFailure) -> (pool: PostgresPool, configuration: PostgresConfiguration) {
        if let opened = opened.withLock({ $0 }) { return opened }
        var configuration: PostgresConfiguration
        do { configuration = try PostgresConfiguration(reader: reader, scope: "provisioner") } catch {
            throw ConfigurationFailure(key: error.key, reason: "\(error.reason) (a tier needs this database)")
        }
        // Creating a database takes seconds where other statements take milliseconds.
        if reader.text("provisioner.db.statement.timeout.millis") == nil {
            configuration.statementTimeout = .seconds(60)
        }
        if reader.text("provisioner.db.lock.timeout.millis") == nil { configuration.lockTimeout = .seconds(30) }
        let result = (pool: PostgresPool(configuration: configuration, logger: logger), configuration: configuration)
        opened.withLock { $0 = result }
        return result
    }
}
