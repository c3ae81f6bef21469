/// Why a scenario cannot be billed.
package struct ScenarioRefusal: Error, Sendable, Hashable {
    /// A JSON pointer to the member that is wrong.
    package let pointer: String
    /// What is wrong with it, without the value.
    package let reason: String

    package init(_ pointer: String, _ reason: String) {
        self.pointer = pointer
        self.reason = reason
    }
}
