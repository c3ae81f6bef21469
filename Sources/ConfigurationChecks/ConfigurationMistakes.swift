/// Collects what is wrong with several settings, so that all of it is said at once.
package struct ConfigurationMistakes: Sendable {
    private var failures: [ConfigurationFailure] = []

    package init() {}

    /// The value that a closure reads; nil if it cannot be used, which is remembered.
    package mutating func read<Value>(_ read: () throws(ConfigurationFailure) -> Value) -> Value? {
        do throws(ConfigurationFailure) {
            return try read()
        } catch {
            failures.append(error)
            return nil
        }
    }

    /// Remembers a mistake.
    package mutating func add(_ failure: ConfigurationFailure) { failures.append(failure) }

    /// - Throws: ``ConfigurationFailure`` with every mistake, if there is one.
    package func check() throws(ConfigurationFailure) {
        guard let first = failures.first else { return }
        let others = failures.dropFirst().map { "; \($0)" }.joined()
        throw ConfigurationFailure(key: first.key, reason: first.reason + others)
    }
}
