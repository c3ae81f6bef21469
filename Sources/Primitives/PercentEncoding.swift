/// Percent encoding of URIs (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// Encodes every byte but the unreserved ones (section 2.3), so that the result is one segment of a path, or one name
    /// or value of a query or of a form.
    package static func encode(_ text: some StringProtocol) -> String {
        encode(text, except: isUnreserved)
    }

    /// Encodes every byte that does not satisfy the predicate.
    package static func encode(_ text: some StringProtocol, except isAllowed: (UInt8) -> Bool) -> String {
        guard !text.utf8.allSatisfy(isAllowed) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            if isAllowed(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Hex.upperCaseDigit(byte >> 4))
                bytes.append(Hex.upperCaseDigit(byte & 0x0F))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Name-value pairs as a query or an `application/x-www-form-urlencoded` body.
    package static func form(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }

    /// The decoded text; nil when an escape is malformed or the result is not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        guard let bytes = bytes(Array(text.utf8), isStrict: true) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The decoded text of bytes that a client wrote: malformed escapes stay as they are, and what is not UTF-8 becomes
    /// U+FFFD.
    package static func decodeLeniently(_ text: [UInt8]) -> String {
        String(decoding: bytes(text, isStrict: false) ?? text, as: UTF8.self)
    }

    /// Letters, digits, `-`, `.`, `_` and `~` (section 2.3).
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func bytes(_ text: [UInt8], isStrict: Bool) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "%") else {
                result.append(text[index])
                index += 1
                continue
            }
            if index + 2 < text.count, let high = Hex.value(of: text[index + 1]),
                let low = Hex.value(of: text[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                if isStrict { return nil }
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}
