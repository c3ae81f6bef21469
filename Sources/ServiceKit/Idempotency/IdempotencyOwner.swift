/// Whose an idempotency key is: the kind of caller and what tells callers of this kind apart.
///
/// The parts are joined by `/`. Within a part `/` and `%` are escaped, so that no two lists of parts give the same text:
/// nobody can be given a name whose keys are another caller's.
struct IdempotencyOwner: Sendable, Hashable {
    let text: String

    init(_ kind: StaticString, _ parts: [String?]) {
        text = "\(kind) " + parts.map(Self.escaped).joined(separator: "/")
    }

    /// An absent part is empty, and an empty one is not.
    private static func escaped(_ part: String?) -> String {
        guard let part else { return "" }
        guard !part.isEmpty else { return "%" }
        guard part.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return part }
        return part.replacing("%", with: "%25").replacing("/", with: "%2F")
    }
}
