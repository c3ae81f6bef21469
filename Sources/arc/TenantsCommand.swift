import ArgumentParser
import Configuration
import ConfigurationChecks
import LocalStack

/// `arc tenants`: what operators do about the data of tenants.
struct TenantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants",
        abstract: "Compare tenants' data with what should exist, explain and follow provisioning, and import tenants.",
        subcommands: [Verify.self, Provision.self, Watch.self, Import.self])

    /// The settings of the orchestrator: those of this process if it has any, else those of the stack that `arc up` runs.
    static func orchestratorSettings(for command: String) throws -> ConfigReader {
        if let own = try CommandSupport.settingsWithDatabase(for: command) { return own }
        guard let stack = try CommandSupport.stack(for: command) else {
            throw ConfigurationFailure(
                key: "DB_DATABASE",
                reason: "is not set, and there is no stack of `arc up` in ARC_HOME; use the orchestrator's settings")
        }
        return try EnvironmentReader.make(environment: try stack.environment.variables(for: .orchestrator))
    }
}
