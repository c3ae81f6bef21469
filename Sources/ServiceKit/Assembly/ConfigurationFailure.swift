package import Configuration

/// A configuration value that cannot be used. Says which and what would be right; never shows the value of a secret.
package struct ConfigurationFailure: Error, CustomStringConvertible, Sendable {
    /// Name of the environment variable.
    package let key: String
    /// What is wrong with it.
    package let reason: String

    /// Makes one from its parts.
    package init(key: String, reason: String) {
        self.key = key
        self.reason = reason
    }

    package var description: String { "\(key) \(reason)" }
}

extension ConfigReader {
    /// The text of a key, or nil when it is missing or empty (an empty variable counts as unset).
    package func text(_ key: ConfigKey, isSecret: Bool = false) -> String? {
        guard let value = string(forKey: key, isSecret: isSecret), !value.isEmpty else { return nil }
        return value
    }

    /// An integer within a range.
    /// - Throws: ``ConfigurationFailure`` when it is not an integer or out of range.
    package func integer(
        _ key: ConfigKey, default defaultValue: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Int {
        guard let text = text(key) else { return defaultValue }
        guard let value = Int(text), range.contains(value) else {
            throw ConfigurationFailure(
                key: key.environmentName,
                reason: "is \"\(text)\", but must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A switch: `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`.
    /// - Throws: ``ConfigurationFailure`` for any other text.
    package func flag(_ key: ConfigKey, default defaultValue: Bool) throws(ConfigurationFailure) -> Bool {
        guard let text = text(key) else { return defaultValue }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            throw ConfigurationFailure(key: key.environmentName, reason: "is \"\(text)\", but must be true or false")
        }
    }
}

extension ConfigKey {
    /// The environment variable that sets the key: `jwt.clock.skew` is `JWT_CLOCK_SKEW`.
    package var environmentName: String { components.map { $0.uppercased() }.joined(separator: "_") }
}
