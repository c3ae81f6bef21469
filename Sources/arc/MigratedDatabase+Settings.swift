import Configuration
import ConfigurationChecks
import LocalStack

extension MigratedDatabase {
    /// The settings of the database and the keys of the services: those of the environment when it has a database and the command
    /// line says which one that is, else those of the stack that `arc up` runs.
    /// - Parameters:
    ///   - isNamed: Whether the command line names the database.
    ///   - command: Its name, for messages.
    func settings(isNamed: Bool, for command: String) async throws -> ConfigReader {
        var environment = CommandSupport.environment
        if !isNamed || environment["DB_DATABASE"] == nil {
            guard let stack = try CommandSupport.stack(for: command) else {
                throw ConfigurationFailure(
                    key: "DB_DATABASE", reason: "is not set, and there is no stack of `arc up` in ARC_HOME")
            }
            environment = stack.environment.keyVariables(for: plan)
        }
        return try await EnvironmentReader.make(environment: environment)
    }
}
