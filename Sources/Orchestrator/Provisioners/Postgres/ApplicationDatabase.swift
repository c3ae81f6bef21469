import Configuration
import ConfigurationChecks
import Logging
import PostgresClient
import Synchronization

/// The shared application database, opened when the first tier asks for it.
final class ApplicationDatabase: Sendable {
    private let reader: ConfigReader
    private let logger: Logger
    private let opened = Mutex<(pool: PostgresPool, configuration: PostgresConfiguration)?>(nil)

    init(reader: ConfigReader, logger: Logger) {
        self.reader = reader
        self.logger = logger
    }

    /// The pool; nil when no tier has asked for it.
    var pool: PostgresPool? { opened.withLock { $0?.pool } }

    /// - Throws: ``ConfigurationFailure`` when the settings of the database are missing or wrong.
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
