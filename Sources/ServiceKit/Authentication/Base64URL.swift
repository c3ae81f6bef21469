import FoundationEssentials

/// Base64url without padding (RFC 7515 section 2), by Foundation's coder.
package enum Base64URL {
    /// The bytes; nil for any other text, also for one whose last character has bits that are not part of a byte: of some bytes
    /// there is one text only.
    package static func decode(_ text: Substring) -> [UInt8]? {
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        guard !text.contains("="), !text.contains("+"), !text.contains("/") else { return nil }
        while standard.utf8.count % 4 != 0 { standard.append("=") }
        guard let bytes = Data(base64Encoded: String(standard)).map(Array.init),
            encode(bytes).utf8.elementsEqual(text.utf8)
        else { return nil }
        return bytes
    }

    /// The text of bytes.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let standard = Data(bytes).base64EncodedString()
        return String(standard.prefix { $0 != "=" }).replacing("+", with: "-").replacing("/", with: "_")
    }
}
