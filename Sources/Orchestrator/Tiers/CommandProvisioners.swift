import Configuration
import ConfigurationChecks
import Logging
import PostgresClient
import Primitives
import Sealing

/// The provisioners with a connection to `orchestrator_db`, for commands that run beside the service.
struct CommandProvisioners: Sendable {
    /// Of `orchestrator_db`.
    let pool: PostgresPool
    let provisioners: Provisioners

    /// Reads the settings of the orchestrator.
    /// - Throws: ``ConfigurationFailure`` that names the variable, the file, the entry and the field.
    init(reader: ConfigReader, logger: Logger) throws(ConfigurationFailure) {
        guard let key = try reader.secret("data.encryption.key", or: "jwt.secret") else {
            throw ConfigurationFailure(key: "DATA_ENCRYPTION_KEY", reason: "is not set, and neither is JWT_SECRET")
        }
        pool = PostgresPool(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        provisioners = try Provisioners(
            reader: reader,
            credentials: TenantCredentialStore(
                pool: pool, sealer: Sealer(secret: key, purpose: "orchestrator"), clock: SystemClock(), logger: logger),
            logger: logger)
    }

    /// Closes the connections.
    func shutdown() async {
        await provisioners.shutdown()
        await pool.shutdown()
    }
}
