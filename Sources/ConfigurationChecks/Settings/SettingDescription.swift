package import Configuration

/// What people have to know of a setting.
package struct SettingDescription: Sendable, Hashable {
    /// The environment variable: upper-case letters, digits and underscores.
    package let name: String
    /// What it may be, after "must be": `an integer from 1 to 64`.
    package let values: String
    /// What an unset variable means, as documents show it: a value, or words. nil when there is nothing to say.
    package let unset: String?
    /// What it is for, in Markdown; the beginning of a sentence without its period.
    package let meaning: String
    package let isRequired: Bool
    /// Whether its value is never shown, and may be in a file that `NAME_FILE` names.
    package let isSecret: Bool
    /// Whether a value that cannot be used is ignored with a warning instead of keeping the service from starting: for variables
    /// that other programs read, too.
    package let isLenient: Bool
    /// Whether ``unset`` is a value that could be set as well, not words about it.
    let isLiteral: Bool

    package init(
        _ name: String, values: String, unset: String?, _ meaning: String, isRequired: Bool = false,
        isSecret: Bool = false, isLenient: Bool = false, isLiteral: Bool = false
    ) {
        self.name = name
        self.values = values
        self.unset = unset
        self.meaning = meaning
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.isLenient = isLenient
        self.isLiteral = isLiteral && unset != nil
    }

    /// The key that readers of the configuration use.
    package var key: ConfigKey { ConfigKey(environmentName: name) }

    /// What a configuration says; nil when it says nothing.
    package func text(in reader: ConfigReader) throws(ConfigurationFailure) -> String? {
        isSecret ? try reader.secret(key) : reader.text(key)
    }

    /// Whether a configuration says something, whatever it is.
    package func isSet(in reader: ConfigReader) -> Bool {
        let file = ConfigKey(key.components + ["file"])
        return reader.text(key) != nil || (isSecret && reader.text(file) != nil)
    }

    func within(_ prefix: String) -> SettingDescription {
        SettingDescription(
            "\(prefix)_\(name)", values: values, unset: unset, meaning, isRequired: isRequired, isSecret: isSecret,
            isLenient: isLenient, isLiteral: isLiteral)
    }

    /// The same setting; a value that cannot be used is ignored.
    func lenient() -> SettingDescription {
        SettingDescription(
            name, values: values, unset: unset, meaning, isRequired: isRequired, isSecret: isSecret, isLenient: true,
            isLiteral: isLiteral)
    }

    /// The failure of a value that the setting cannot have.
    package func failure(_ text: String) -> ConfigurationFailure {
        let found = isSecret ? "" : "is \"\(text.withoutPasswords)\", but "
        return ConfigurationFailure(key: name, reason: "\(found)must be \(values)")
    }
}
