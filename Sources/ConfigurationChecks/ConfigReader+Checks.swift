package import Configuration

/// Checked access to single values. A malformed value is refused, where the reader itself would silently use the
/// default. An empty value counts as unset, because Docker Compose and similar tools pass unset variables as empty ones.
extension ConfigReader {
    /// The text of a key that holds no secret; nil when it is unset.
    package func text(_ key: ConfigKey) -> String? {
        nonEmpty(key, isSecret: false)
    }

    /// The text of a key that must be set.
    package func required(_ key: ConfigKey) throws(ConfigurationFailure) -> String {
        guard let text = text(key) else { throw ConfigurationFailure(key: key.environmentName, reason: "is missing") }
        return text
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

    /// The first of two secrets that is set.
    package func secret(_ key: ConfigKey, or fallback: ConfigKey) throws(ConfigurationFailure) -> String? {
        if let secret = try secret(key) { return secret }
        return try secret(fallback)
    }

    /// An integer within a range; nil when it is unset.
    package func integer(
        _ key: ConfigKey, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Int? {
        guard let text = text(key) else { return nil }
        guard let value = range.parse(text) else { throw key.failure(text, range.expectation) }
        return value
    }

    /// An integer within a range.
    package func integer(
        _ key: ConfigKey, default defaultValue: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Int {
        try integer(key, in: range) ?? defaultValue
    }

    /// A duration that is given as an integer of milliseconds; nil when it is unset.
    package func milliseconds(
        _ key: ConfigKey, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Duration? {
        try integer(key, in: range).map { .milliseconds($0) }
    }

    /// A duration that is given as an integer of milliseconds.
    package func milliseconds(
        _ key: ConfigKey, default defaultValue: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Duration {
        .milliseconds(try integer(key, default: defaultValue, in: range))
    }

    /// A Boolean: `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`, in any case.
    package func flag(_ key: ConfigKey, default defaultValue: Bool) throws(ConfigurationFailure) -> Bool {
        guard let text = text(key) else { return defaultValue }
        guard let value = Bool(ofSetting: text) else { throw key.failure(text, "true or false") }
        return value
    }

    /// One of an enumeration's raw values; nil when it is unset.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: ConfigKey, as type: Choice.Type = Choice.self
    ) throws(ConfigurationFailure) -> Choice? where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw key.failure(text, Choice.expectation) }
        return choice
    }

    private func nonEmpty(_ key: ConfigKey, isSecret: Bool) -> String? {
        guard let value = string(forKey: key, isSecret: isSecret), !value.isEmpty else { return nil }
        return value
    }
}

extension ConfigKey {
    /// The environment variable that sets the key: `jwt.clock.skew` is `JWT_CLOCK_SKEW`.
    package var environmentName: String { components.map { $0.uppercased() }.joined(separator: "_") }

    /// The key within a scope: `db.host` within `message.bus` is `message.bus.db.host`. Used instead of a scoped reader,
    /// whose prefix would be missing from error messages.
    package func within(_ scope: ConfigKey?) -> ConfigKey {
        guard let scope else { return self }
        return ConfigKey(scope.components + components)
    }

    /// The failure of a value that is not what it must be. The text is shown: not for secrets.
    package func failure(_ text: String, _ expectation: String) -> ConfigurationFailure {
        ConfigurationFailure(key: environmentName, reason: "is \"\(text)\", but must be \(expectation)")
    }
}
