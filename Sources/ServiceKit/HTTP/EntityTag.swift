import Crypto
import Entities
import FoundationEssentials
import HTTPTypes
import JSONCoding
import Primitives

/// The validator of a representation (RFC 9110 section 8.8.3): the version of its row, and for a part of the row or one
/// with its relations also a checksum of the content, as relations change without the row.
///
/// `"7"` is a whole row, `"7-3f2a…"` something made of it. Both stand for version 7 in `If-Match`: a client may read in
/// any form and then insist that the row is still what it was.
package struct EntityTag: Sendable, Hashable {
    /// The text in the header, with quotation marks.
    package let text: String

    /// The tag of a whole row.
    package init(version: Int64) { text = "\"\(version)\"" }

    /// The tag of some JSON made of a row.
    package init(version: Int64, content: [UInt8]) {
        let digest = SHA256.hash(data: Data(content))
        text = "\"\(version)-\(Hex.encode(Array(digest.prefix(8))))\""
    }
}

/// What `If-Match` or `If-None-Match` names.
enum EntityTagList: Sendable, Hashable {
    /// `*`: whatever there is.
    case any
    /// Opaque tags, with their quotation marks; weak ones are marked.
    case tags([(isWeak: Bool, text: String)])

    /// How many tags a header may name.
    static let maximumCount = 100

    /// Reads a header's value; nil when it is neither `*` nor a list of entity tags.
    init?(header: String) {
        let text = header.trimmingSpaces()
        if text == "*" {
            self = .any
            return
        }
        var tags: [(isWeak: Bool, text: String)] = []
        var rest = text[...]
        while !rest.isEmpty {
            let isWeak = rest.hasPrefix("W/")
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
            tags.append((isWeak, String(rest[...end])))
            rest = rest[rest.index(after: end)...].drop { $0 == " " || $0 == "\t" }
            guard !rest.isEmpty else { break }
            guard rest.first == "," else { return nil }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            guard !rest.isEmpty else { return nil }
        }
        guard !tags.isEmpty, tags.count <= Self.maximumCount else { return nil }
        self = .tags(tags)
    }

    /// Whether a representation is among them, by the weak comparison of RFC 9110 section 8.8.3.2.
    func contains(_ tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.text == tag.text }
        }
    }

    /// The versions of rows that are named.
    func versions(includingWeak: Bool) -> Set<Int64> {
        guard case .tags(let tags) = self else { return [] }
        return Set(
            tags.compactMap { tag in
                guard includingWeak || !tag.isWeak else { return nil }
                let digits = tag.text.dropFirst().prefix { $0 != "-" && $0 != "\"" }
                guard let version = Int64(digits), String(version) == digits else { return nil }
                return version
            })
    }

    static func == (one: EntityTagList, other: EntityTagList) -> Bool {
        switch (one, other) {
        case (.any, .any): true
        case (.tags(let one), .tags(let other)):
            one.map(\.text) == other.map(\.text) && one.map(\.isWeak) == other.map(\.isWeak)
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        if case .tags(let tags) = self { for tag in tags { hasher.combine(tag.text) } }
    }
}
