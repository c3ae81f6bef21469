import Primitives

/// Members of a request to a provider: `application/x-www-form-urlencoded`, with brackets for what is nested.
struct ProviderForm: Sendable {
    private(set) var members: [(name: String, value: String)] = []

    /// Adds a member, unless there is no value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        members.append((name, value))
    }

    /// As it is sent.
    var text: String { PercentEncoding.form(members) }
}
