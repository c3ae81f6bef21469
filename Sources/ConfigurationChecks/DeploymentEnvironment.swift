package import Configuration

/// What a process is for: whether weak secrets are allowed.
package enum DeploymentEnvironment: Sendable, Hashable {
    /// On a developer's machine, or in a test.
    case development
    /// Everything else, also what is not set.
    case production

    private enum Settings {
        static let name = Setting.optionalText(
            "ARC_ENV", unset: "production", values: "development, dev, test or local; all others mean production",
            "What the process is for, see [secrets](#secrets)")
        static let originalName = Setting.optionalText(
            "NODE_ENV", unset: "production", values: "as of `ARC_ENV`", "The original's name of `ARC_ENV`, which wins")
    }

    package static let configurationKeys = ConfigurationKeys("service", [Settings.name, Settings.originalName])

    private static let developmentNames: Set<String> = ["development", "dev", "test", "local"]

    /// Reads `ARC_ENV`, or the original's `NODE_ENV`: `development`, `dev`, `test` or `local`; all others mean production, so that a
    /// misspelled one does not allow anything.
    package init(reader: ConfigReader) {
        let names = [Settings.name, Settings.originalName].compactMap { (try? reader.value($0)) ?? nil }
        let name = names.first ?? ""
        self = Self.developmentNames.contains(name.lowercased()) ? .development : .production
    }
}
