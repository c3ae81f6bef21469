/// A response of the query protocol, which is an XML document. Only the texts of some of its elements are needed.
struct QueryAnswer: Sendable {
    private let text: String

    init(_ body: [UInt8]) { text = String(decoding: body, as: UTF8.self) }

    /// The text of the first element with this name; nil if there is no such element, if it is empty, or if it contains elements.
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
