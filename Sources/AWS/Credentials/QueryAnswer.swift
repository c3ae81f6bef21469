/// An answer of the query protocol: an XML document of which only the text of single elements matters.
struct QueryAnswer: Sendable {
    private let text: String

    init(_ body: [UInt8]) { text = String(decoding: body, as: UTF8.self) }

    /// The text of the first element of that name; nil when there is none, it is empty or contains other elements.
    subscript(element: String) -> String? {
        guard let start = text.firstRange(of: "<\(element)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(element)>")
        else { return nil }
        let content = text[start.upperBound..<end.lowerBound]
        guard !content.isEmpty, !content.contains("<") else { return nil }
        return Self.decoded(content)
    }

    private static let entities: [(String, String)] = [
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
    ]

    private static func decoded(_ content: Substring) -> String {
        guard content.contains("&") else { return String(content) }
        return entities.reduce(String(content)) { $0.replacing($1.0, with: $1.1) }
    }
}
