import Primitives

/// The body of a request to Stripe: `application/x-www-form-urlencoded`, with brackets for what is nested.
struct StripeForm: Sendable, Hashable {
    private(set) var members: [(name: String, value: String)] = []

    static func == (left: StripeForm, right: StripeForm) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Adds a member, unless there is no value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        members.append((name, value))
    }

    /// As it is sent.
    var text: String {
        members.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
