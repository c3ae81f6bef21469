import JSONCoding
import Primitives

/// Reads `application/x-www-form-urlencoded` query strings.
package enum QueryString {
    /// Name and value pairs in order, decoded. A name without `=` has an empty value.
    package static func pairs(_ query: String) -> [(name: String, value: String)] {
        // By bytes: a combining mark behind a separator makes another character of it.
        query.utf8.split(separator: UInt8(ascii: "&")).map { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return (decode(Substring(part)), "") }
            return (decode(Substring(part[..<equals])), decode(Substring(part[part.index(after: equals)...])))
        }
    }

    /// The first value of a name.
    package static func first(_ name: String, in query: String) -> String? {
        guard !query.isEmpty else { return nil }
        return pairs(query).first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The first value of a name as a whole number, in any notation that parameters with an integer schema accept (`1e2`).
    /// Nil for anything else.
    package static func integer(_ name: String, in query: String) -> Int64? {
        guard let text = first(name, in: query) else { return nil }
        return (try? JSONValue.parse(Array(text.utf8)))?.numberValue?.int64
    }

    /// Decodes `+` and percent escapes. Escapes that are not hexadecimal stand for themselves; bytes that are not
    /// UTF-8 become U+FFFD.
    static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        return PercentEncoding.decodeLeniently(text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }
}

extension String {
    /// Percent escapes decoded, as in a path: `+` stays.
    func removingPercentEncoding() -> String {
        utf8.contains(UInt8(ascii: "%")) ? PercentEncoding.decodeLeniently(Array(utf8)) : self
    }
}
