package import Configuration

/// The texts of keys. Everything else is read by a ``Setting``, which refuses a malformed value, where the reader itself would
/// silently use the default. An empty value counts as unset, because Docker Compose and similar tools pass unset variables as
/// empty ones.
extension ConfigReader {
    /// The text of a key that holds no secret; nil when it is unset.
    package func text(_ key: ConfigKey) -> String? {
        nonEmpty(key, isSecret: false)
    }

    /// A secret: the content of the file that `<key>.file` (`NAME_FILE`) names, without line breaks at its end, or else
    /// the value of the key itself; nil when both are unset. The file wins, so that a default in a `.env` file never
    /// replaces a mounted secret.
    /// - Throws: ``ConfigurationFailure`` when the file cannot be read, is empty, is not UTF-8 or exceeds 64 KiB.
    package func secret(_ key: ConfigKey) throws(ConfigurationFailure) -> String? {
        let fileKey = ConfigKey(key.components + ["file"])
        guard let path = text(fileKey) else { return nonEmpty(key, isSecret: true) }
        return try SecretFile(path: path, variable: fileKey.environmentName).content()
    }

    private func nonEmpty(_ key: ConfigKey, isSecret: Bool) -> String? {
        guard let value = string(forKey: key, isSecret: isSecret), !value.isEmpty else { return nil }
        return value
    }
}

extension ConfigKey {
    /// The key that an environment variable sets: `JWT_CLOCK_SKEW` sets `jwt.clock.skew`.
    package init(environmentName: some StringProtocol) {
        self.init(environmentName.lowercased().split(separator: "_").map(String.init))
    }

    /// The environment variable that sets the key: `jwt.clock.skew` is `JWT_CLOCK_SKEW`.
    var environmentName: String { components.map { $0.uppercased() }.joined(separator: "_") }
}
