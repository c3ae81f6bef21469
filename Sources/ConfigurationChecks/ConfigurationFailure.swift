/// A configuration value that cannot be used, or several. Names the variable and what it must be; never shows the value of a
/// secret.
package struct ConfigurationFailure: Error, CustomStringConvertible, Sendable, Hashable {
    /// Name of the environment variable; for several mistakes, that of the first one.
    package let key: String
    /// What is wrong with it, as the rest of a sentence that begins with the variable's name. For several mistakes, the rest of the
    /// sentence has all of them.
    package let reason: String
    private let several: [ConfigurationFailure]

    /// - Parameter key: The name of the environment variable, such as `DB_PORT`.
    package init(key: String, reason: String) {
        self.key = key
        self.reason = reason
        several = []
    }

    /// Several mistakes as one; nil if the list is empty.
    package init?(_ failures: [ConfigurationFailure]) {
        guard let first = failures.first else { return nil }
        key = first.key
        reason = first.reason + failures.dropFirst().map { "; \($0)" }.joined()
        several = failures
    }

    /// Each mistake by itself.
    package var parts: [ConfigurationFailure] { several.isEmpty ? [self] : several }

    package var description: String { "\(key) \(reason)" }
}
