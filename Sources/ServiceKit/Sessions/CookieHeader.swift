package import HTTPTypes

/// Reads the cookies of a request (RFC 6265 section 5.4).
package enum CookieHeader {
    /// The result of looking for a cookie.
    package enum Lookup: Sendable, Hashable {
        case absent
        case value(String)
        /// There are several with this name. A browser that has been made to send a second one must not be taken for the
        /// owner of either.
        case several
    }

    /// Looks for a cookie by its exact name.
    package static func find(_ name: String, in headers: HTTPFields) -> Lookup {
        var found: String?
        for header in headers[values: .cookie] {
            for pair in header.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop(while: isSpace)
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8)
                else { continue }
                guard found == nil else { return .several }
                found = withoutTrailingSpaces(pair[pair.index(after: equals)...])
            }
        }
        return found.map(Lookup.value) ?? .absent
    }

    private static func withoutTrailingSpaces(_ value: Substring.UTF8View) -> String {
        var value = value
        while let last = value.last, isSpace(last) { value.removeLast() }
        return String(Substring(value))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
