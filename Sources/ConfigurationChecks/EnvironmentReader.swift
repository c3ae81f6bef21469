package import Configuration
import FoundationEssentials
import SystemPackage

/// The configuration of a process, highest precedence first: environment variables, `.env.docker`, `.env.defaults`, then
/// values bound by the program. Secrets may be in files; see `ConfigReader.secret(_:)`.
package enum EnvironmentReader {
    /// Builds the reader.
    /// - Parameters:
    ///   - folder: Where the `.env` files are looked for.
    ///   - bound: Values bound by the program, used when nothing else sets them.
    ///   - environment: The process' environment.
    /// - Throws: ``ConfigurationFailure`` when a `.env` file exists and cannot be read.
    package static func make(
        folder: String = ".", bound: [String: String] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> ConfigReader {
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: withoutEmpty(environment))
        ]
        for name in EnvironmentFiles.names {
            do {
                providers.append(
                    try await EnvironmentVariablesProvider(
                        environmentFilePath: FilePath("\(folder)/\(name)"), allowMissing: true))
            } catch {
                let place = folder == "." ? "the current folder, which may have been deleted" : folder
                throw ConfigurationFailure(key: name, reason: "cannot be read in \(place)")
            }
        }
        providers.append(EnvironmentVariablesProvider(environmentVariables: bound))
        return ConfigReader(providers: providers)
    }

    /// An empty variable counts as unset, so the value of a lower layer is used.
    private static func withoutEmpty(_ environment: [String: String]) -> [String: String] {
        environment.filter { !$0.value.isEmpty }
    }
}
