/// A rule between fields of a row that the database checks, because only it knows the fields that a change leaves alone.
/// The rule is a constraint, or a trigger that raises `check_violation` under the constraint's name; by the name the
/// repository finds the message for the client.
package struct RowRule: Sendable, Hashable {
    /// The message about one of the fields.
    package struct Violation: Sendable, Hashable {
        let field: String
        let message: String
    }

    /// The name in the database.
    let constraint: String
    /// The code of the detail, such as `order`.
    let code: String
    /// In the order in which fields are looked for among those that the client sent.
    let violations: [Violation]

    /// - Parameter violations: The message for each field that may be at fault; the first that was sent is named.
    package init(_ constraint: String, code: String, _ violations: KeyValuePairs<any EntityField, String>) {
        self.constraint = constraint
        self.code = code
        self.violations = violations.map { Violation(field: $0.key.name, message: $0.value) }
    }
}
