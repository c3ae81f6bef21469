package import ConfigurationChecks

/// The settings of a service are refused.
package struct RefusedSettings: Error, CustomStringConvertible, Sendable {
    /// Values that cannot be used.
    package let mistakes: [ConfigurationFailure]
    /// Secrets that can be guessed, and what else is for development only.
    package let secrets: [ConfigurationFailure]

    package init(mistakes: [ConfigurationFailure], secrets: [ConfigurationFailure]) {
        self.mistakes = mistakes
        self.secrets = secrets
    }

    /// All of them, with what to do.
    package var description: String {
        var lines: [String] = []
        if !mistakes.isEmpty { lines += ["these settings cannot be used:"] + Self.list(mistakes) }
        if !secrets.isEmpty {
            lines += ["these settings are too weak outside development:"] + Self.list(secrets)
            lines += [
                "docs/configuration.md, Secrets, has the rules. On a developer's machine, ARC_ENV=development allows them."
            ]
        }
        return lines.joined(separator: "\n")
    }

    private static func list(_ failures: [ConfigurationFailure]) -> [String] { failures.map { "  \($0)" } }
}
