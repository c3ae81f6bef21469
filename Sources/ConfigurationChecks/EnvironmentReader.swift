package import Configuration
import FoundationEssentials

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
    ) throws -> ConfigReader {
        ConfigReader(
            providers: try sources(folder: folder, bound: bound, environment: environment).map(\.provider))
    }

    /// A place that settings come from.
    package struct Source: Sendable {
        /// As documents name it.
        package let name: String
        let provider: any ConfigProvider

        /// Reads this place alone.
        package var reader: ConfigReader { ConfigReader(provider: provider) }
    }

    /// The places of a configuration, highest precedence first.
    /// - Throws: ``ConfigurationFailure`` when a `.env` file exists and cannot be read.
    package static func sources(
        folder: String = ".", bound: [String: String] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> [Source] {
        let process = EnvironmentVariablesProvider(environmentVariables: withoutEmpty(environment))
        var sources = [Source(name: "environment", provider: process)]
        for name in EnvironmentFiles.names {
            do {
                let variables = try EnvironmentFiles.variables(of: name, in: folder)
                // The last line of a name counts.
                let values = Dictionary(variables.map { ($0.name, $0.value) }) { $1 }
                let present = EnvironmentVariablesProvider(environmentVariables: withoutEmpty(values))
                sources.append(Source(name: name, provider: present))
            } catch {
                let place = folder == "." ? "the current folder" : folder
                throw ConfigurationFailure(key: name, reason: "cannot be read in \(place)")
            }
        }
        sources.append(
            Source(name: "program", provider: EnvironmentVariablesProvider(environmentVariables: withoutEmpty(bound))))
        return sources
    }

    /// An empty variable counts as unset wherever it stands, so the value of a lower layer is used.
    private static func withoutEmpty(_ environment: [String: String]) -> [String: String] {
        environment.filter { !$0.value.isEmpty }
    }
}
