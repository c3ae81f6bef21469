import Primitives

/// Members of a request to a provider: `application/x-www-form-urlencoded`, with brackets for what is nested.
struct ProviderForm: Sendable, Hashable {
    private(set) var members: [(name: String, value: String)] = []

    static func == (left: ProviderForm, right: ProviderForm) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Adds a member, unless there is no value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        members.append((name, value))
    }

    /// As it is sent.
    var text: String { PercentEncoding.form(members) }
}
