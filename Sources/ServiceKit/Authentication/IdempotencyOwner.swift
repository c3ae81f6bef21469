/// The owner of an idempotency key: the kind of caller and the parts that identify a caller of this kind.
///
/// The parts are joined by `/`. Within a part, `/` and `%` are escaped, so that different lists of parts never have the
/// same text and no caller can get the keys of another one.
struct IdempotencyOwner: Sendable, Hashable {
    let text: String

    init(_ kind: StaticString, _ parts: [String?]) {
        text = "\(kind) " + parts.map(Self.escaped).joined(separator: "/")
    }

    /// An absent part is empty; an empty part is escaped.
    private static func escaped(_ part: String?) -> String {
        guard let part else { return "" }
        guard !part.isEmpty else { return "%" }
        guard part.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return part }
        return part.replacing("%", with: "%25").replacing("/", with: "%2F")
    }
}
