/// Collects what is wrong with several settings, so that all of it is said at once.
package struct ConfigurationMistakes: Sendable {
    private var failures: [ConfigurationFailure] = []

    package init() {}

    /// The value that a closure reads; nil if it cannot be used, which is remembered.
    package mutating func read<Value>(_ read: () throws(ConfigurationFailure) -> Value) -> Value? {
        do throws(ConfigurationFailure) {
            return try read()
        } catch {
            add(error)
            return nil
        }
    }

    /// Remembers a mistake, or several. What is known already is not said twice.
    package mutating func add(_ failure: ConfigurationFailure) {
        for part in failure.parts where !failures.contains(part) { failures.append(part) }
    }

    /// - Throws: ``ConfigurationFailure`` with every mistake, if there is one.
    package func check() throws(ConfigurationFailure) {
        if let failure = ConfigurationFailure(failures) { throw failure }
    }
}
