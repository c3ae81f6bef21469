import Configuration
import ConfigurationChecks
import LocalStack

extension MigratedDatabase {
    /// The settings of the database and the keys of the services: those of this process when they have a database and the command
    /// line says which one that is, else those of the stack that `arc up` runs.
    /// - Parameters:
    ///   - isNamed: Whether the command line names the database.
    ///   - command: Its name, for messages.
    func settings(isNamed: Bool, for command: String) throws -> ConfigReader {
        if isNamed, let own = try CommandSupport.settingsWithDatabase(for: command) { return own }
        guard let stack = try CommandSupport.stack(for: command) else {
            let reason = isNamed ? "is not set" : "counts only with --service"
            throw ConfigurationFailure(
                key: "DB_DATABASE", reason: "\(reason), and there is no stack of `arc up` in ARC_HOME")
        }
        return try EnvironmentReader.make(environment: stack.environment.keyVariables(for: plan))
    }
}
