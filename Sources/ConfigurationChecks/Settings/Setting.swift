package import Configuration

/// A setting: the name of its environment variable, what it may be and what it means, beside the code that uses it.
///
/// Reading, the check of all settings at the start, docs/configuration.md and `arc config show` are derived from it.
package struct Setting<Value: Sendable>: Sendable {
    package let description: SettingDescription
    /// What an unset variable means; nil when it must be set.
    private let unset: Value?
    /// nil for a text that the setting cannot have.
    private let parse: @Sendable (String) -> Value?

    init(_ description: SettingDescription, unset: Value?, parse: @escaping @Sendable (String) -> Value?) {
        self.description = description
        self.unset = unset
        self.parse = parse
    }

    /// The value in a configuration, or what an unset variable means.
    /// - Throws: ``ConfigurationFailure`` that says what the variable must be.
    package func value(in reader: ConfigReader) throws(ConfigurationFailure) -> Value {
        if let value = try valueIfSet(in: reader) { return value }
        guard let unset else { throw ConfigurationFailure(key: description.name, reason: "is missing") }
        return unset
    }

    private func valueIfSet(in reader: ConfigReader) throws(ConfigurationFailure) -> Value? {
        guard let text = try description.text(in: reader) else { return nil }
        guard let value = parse(text) else { throw description.failure(text) }
        return value
    }

    /// The value in a configuration; what an unset variable means also for a value that cannot be used.
    /// - Parameter warn: Called with the name of the variable and what is wrong with it, without its value.
    package func value(
        in reader: ConfigReader, warn: (_ variable: String, _ reason: String) -> Void
    ) throws(ConfigurationFailure) -> Value {
        if let text = try description.text(in: reader) {
            if let value = parse(text) { return value }
            warn(description.name, "is not \(description.values)")
        }
        guard let unset else { throw ConfigurationFailure(key: description.name, reason: "is missing") }
        return unset
    }

    /// The same setting for a variable that other programs read, too: a value that cannot be used is ignored with a warning.
    package func lenient() -> Setting { Setting(description.lenient(), unset: unset, parse: parse) }

    /// The same setting under a prefix: `DB_HOST` within `MESSAGE_BUS` is `MESSAGE_BUS_DB_HOST`.
    package func within(_ prefix: String?) -> Setting {
        guard let prefix else { return self }
        return Setting(description.within(prefix), unset: unset, parse: parse)
    }
}

extension Setting: DescribedSetting {
    /// Parses the value if there is one.
    package func check(_ reader: ConfigReader) throws(ConfigurationFailure) { _ = try valueIfSet(in: reader) }
}

extension ConfigReader {
    /// The value of a setting.
    package func value<Value>(_ setting: Setting<Value>) throws(ConfigurationFailure) -> Value {
        try setting.value(in: self)
    }
}

/// A setting whose type does not matter.
package protocol DescribedSetting: Sendable {
    var description: SettingDescription { get }

    /// Checks whether the setting can have the value in a configuration. An unset variable passes: only the code that needs the
    /// setting knows whether it must be set.
    /// - Throws: ``ConfigurationFailure`` that says what the variable must be.
    func check(_ reader: ConfigReader) throws(ConfigurationFailure)
    func within(_ prefix: String?) -> Self
}
