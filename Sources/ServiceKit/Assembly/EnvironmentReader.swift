package import Configuration
import FoundationEssentials
import SystemPackage

/// The configuration of a process in the order of the architecture document, highest first: environment variables,
/// secrets from files, `.env.docker`, `.env.defaults`, then values bound by the program.
package enum EnvironmentReader {
    /// Builds the reader.
    /// - Parameters:
    ///   - folder: Where the `.env` files are looked for.
    ///   - bound: Values bound by the program, used when nothing else sets them.
    ///   - environment: The process' environment.
    /// - Throws: ``ConfigurationFailure`` when a secret's file cannot be read.
    package static func make(
        folder: String = ".", bound: [String: String] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> ConfigReader {
        let secrets = try secretsFromFiles(environment)
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: environment),
            EnvironmentVariablesProvider(environmentVariables: secrets),
        ]
        for name in [".env.docker", ".env.defaults"] {
            providers.append(
                try await EnvironmentVariablesProvider(
                    environmentFilePath: FilePath("\(folder)/\(name)"), allowMissing: true))
        }
        providers.append(EnvironmentVariablesProvider(environmentVariables: bound))
        return ConfigReader(providers: providers)
    }

    /// `NAME_FILE` gives `NAME` the contents of a file, without the line break at its end (Docker secrets).
    ///
    /// Only for names of secrets, and only when `NAME` itself is not set.
    static func secretsFromFiles(_ environment: [String: String]) throws(ConfigurationFailure) -> [String: String] {
        var secrets: [String: String] = [:]
        for (name, path) in environment where name.hasSuffix("_FILE") && !path.isEmpty {
            let target = String(name.dropLast("_FILE".count))
            guard isSecret(target), environment[target] == nil else { continue }
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
                throw ConfigurationFailure(key: name, reason: "names the file \(path), which cannot be read")
            }
            var text = String(decoding: data, as: UTF8.self)
            while text.last?.isNewline == true { text.removeLast() }
            secrets[target] = text
        }
        return secrets
    }

    private static func isSecret(_ name: String) -> Bool {
        ["PASSWORD", "SECRET", "TOKEN", "KEY", "URL"].contains { name.hasSuffix($0) }
    }
}
