/// A configuration value that cannot be used. Names the variable and what it must be; never shows the value of a secret.
package struct ConfigurationFailure: Error, CustomStringConvertible, Sendable, Hashable {
    /// Name of the environment variable.
    package let key: String
    /// What is wrong with it, as the rest of a sentence that begins with the variable's name.
    package let reason: String

    /// - Parameter key: The name of the environment variable, such as `DB_PORT`.
    package init(key: String, reason: String) {
        self.key = key
        self.reason = reason
    }

    package var description: String { "\(key) \(reason)" }
}
