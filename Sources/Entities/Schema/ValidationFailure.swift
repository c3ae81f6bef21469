/// Input that breaks a rule of its schema or of the domain, with every place where it does. Nothing was changed.
package struct ValidationFailure: Error, Sendable, Hashable {
    /// What is wrong, by JSON pointer.
    package let details: [ValidationDetail]

    /// Makes a failure of one or more details.
    package init(_ details: [ValidationDetail]) {
        self.details = details
    }

    /// One member of the input. `path` is a JSON pointer, `code` the name of the rule for programs.
    package static func invalidField(_ path: String, code: String, _ message: String) -> ValidationFailure {
        ValidationFailure([ValidationDetail(path: path, code: code, message: message)])
    }

    /// A member that must be given. `path` is the pointer to the object that lacks it.
    package static func required(_ path: String, _ member: String) -> ValidationFailure {
        ValidationFailure([.required(path, member)])
    }
}
