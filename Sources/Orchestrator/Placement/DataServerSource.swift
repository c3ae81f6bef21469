import Configuration
import ConfigurationChecks
import Logging
import PostgresClient
import Synchronization

/// Reads which data servers there are when the first tier asks for one: those of `DATA_SERVERS_FILE`, or the only one of
/// `PROVISIONER_DB_…`.
final class DataServerSource: Sendable {
    private let reader: ConfigReader
    private let logger: Logger
    private let opened = Mutex<DataServers?>(nil)

    init(reader: ConfigReader, logger: Logger) {
        self.reader = reader
        self.logger = logger
    }

    /// The servers; nil when no tier has asked for one.
    var servers: DataServers? { opened.withLock { $0 } }

    /// - Throws: ``ConfigurationFailure`` when the file or the settings of the database are missing or wrong.
    func open() throws(ConfigurationFailure) -> DataServers {
        if let servers { return servers }
        let servers: DataServers
        if let path = try reader.value(DataServersFile.setting) {
            let file = DataServersFile(path: path, reader: reader)
            servers = DataServers(try file.load(), file: file, logger: logger)
        } else {
            servers = DataServers([try defaultServer()], logger: logger)
        }
        opened.withLock { $0 = servers }
        return servers
    }

    private let prefix = "PROVISIONER"

    private func defaultServer() throws(ConfigurationFailure) -> DataServer {
        var configuration: PostgresConfiguration
        do { configuration = try PostgresConfiguration(reader: reader, prefix: prefix) } catch {
            throw ConfigurationFailure(key: error.key, reason: "\(error.reason) (a tier needs this database)")
        }
        // Creating a database takes seconds where other statements take milliseconds.
        let (statement, lock) = (
            PostgresConfiguration.Settings.statementTimeout, PostgresConfiguration.Settings.lockTimeout
        )
        if !statement.within(prefix).description.isSet(in: reader) { configuration.statementTimeout = .seconds(60) }
        if !lock.within(prefix).description.isSet(in: reader) { configuration.lockTimeout = .seconds(30) }
        return DataServer(name: DataServer.defaultName, configuration: configuration)
    }
}
