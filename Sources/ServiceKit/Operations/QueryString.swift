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

    /// Decodes `+` and percent escapes. Escapes that are not hexadecimal stand for themselves; bytes that are not
    /// UTF-8 become U+FFFD.
    static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        return decodePercent(text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }

    static func decodePercent(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension String {
    /// Percent escapes decoded, as in a path: `+` stays.
    func removingPercentEncoding() -> String {
        utf8.contains(UInt8(ascii: "%")) ? QueryString.decodePercent(Array(utf8)) : self
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    package func trimmingSpaces() -> String {
        var slice = self[...]
        while let first = slice.first, first == " " || first == "\t" { slice = slice.dropFirst() }
        while let last = slice.last, last == " " || last == "\t" { slice = slice.dropLast() }
        return String(slice)
    }
}
