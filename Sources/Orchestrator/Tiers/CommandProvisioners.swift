import Configuration
import ConfigurationChecks
import Logging
import PostgresClient
import Primitives
import Sealing
import ServiceKit

/// The provisioners with a connection to `orchestrator_db`, for commands that run beside the service.
struct CommandProvisioners: Sendable {
    /// Of `orchestrator_db`.
    let pool: PostgresPool
    let provisioners: Provisioners

    /// Reads the settings of the orchestrator.
    /// - Throws: ``ConfigurationFailure`` that names the variable, the file, the entry and the field.
    init(reader: ConfigReader, logger: Logger) throws(ConfigurationFailure) {
        let keys = try EncryptionKeys(reader: reader)
        pool = PostgresPool(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        provisioners = try Provisioners(
            reader: reader,
            credentials: TenantCredentialStore(
                pool: pool, sealer: Sealer(keys: keys, purpose: StoredSecrets.purpose), clock: SystemClock(),
                logger: logger),
            logger: logger)
    }

    /// Closes the connections.
    func shutdown() async {
        await provisioners.shutdown()
        await pool.shutdown()
    }
}
