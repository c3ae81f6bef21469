import Crypto
import Primitives

/// The canonical form of a request, from which its signature is computed (Signature Version 4).
struct CanonicalRequest: Sendable, Hashable {
    /// How the path is written into the canonical request.
    enum PathStyle: Sendable, Hashable {
        /// Dot segments and empty segments are removed, and every segment is percent-encoded once more than it was sent:
        /// all services but S3.
        case encodedAgain
        /// As it was sent: S3, whose keys may contain any segments.
        case asSent
    }

    let text: String
    /// The names of the headers that are covered, in lower case, sorted and joined by semicolons.
    let signedHeaders: String

    init(_ request: SignableRequest, pathStyle: PathStyle) {
        let headers = Self.headers(request.headers)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        text = [
            request.method, Self.path(request.path, pathStyle), Self.query(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), signedHeaders,
            Hex.encode(SHA256.hash(data: request.body)),
        ].joined(separator: "\n")
    }

    /// The hash of the text in hexadecimal.
    var hash: String { Hex.encode(SHA256.hash(data: Array(text.utf8))) }

    /// Names in lower case and sorted; values without white space around them and with single spaces in them.
    private static func headers(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers {
            let words = value.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            values[name.lowercased(), default: []].append(
                words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
        }
        return values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { ($0.key, $0.value.joined(separator: ",")) }
    }

    private static func path(_ path: String, _ style: PathStyle) -> String {
        guard style == .encodedAgain else { return path.isEmpty ? "/" : path }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let end = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return "/" + segments.map { PercentEncoding.encode($0) }.joined(separator: "/") + end
    }

    /// Pairs sorted by name, then by value, each encoded in the one way that signatures know; a name without `=` has an
    /// empty value.
    private static func query(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: true).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: recoded(parts[0]), value: parts.count > 1 ? recoded(parts[1]) : "")
        }
        let sorted = pairs.sorted { left, right in
            left.name == right.name
                ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
                : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static func recoded(_ text: Substring) -> String {
        PercentEncoding.encode(PercentEncoding.decode(text) ?? String(text))
    }
}
