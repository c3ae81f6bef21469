package import Configuration

/// What a process is for: whether weak secrets are allowed.
package enum DeploymentEnvironment: Sendable, Hashable {
    /// On a developer's machine, or in a test.
    case development
    /// Everything else, also what is not set.
    case production

    package static let configurationKeys: ConfigurationKeys = ["ARC_ENV", "NODE_ENV"]

    private static let developmentNames: Set<String> = ["development", "dev", "test", "local"]

    /// Reads `ARC_ENV`, or the original's `NODE_ENV`: `development`, `dev`, `test` or `local`; all others mean production, so that a
    /// misspelled one does not allow anything.
    package init(reader: ConfigReader) {
        let name = reader.text("arc.env") ?? reader.text("node.env") ?? ""
        self = Self.developmentNames.contains(name.lowercased()) ? .development : .production
    }
}
