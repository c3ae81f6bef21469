import FoundationEssentials

/// Base64url without padding (RFC 7515 section 2), by Foundation's decoder.
enum Base64URL {
    static func decode(_ text: Substring) -> [UInt8]? {
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        guard !text.contains("="), !text.contains("+"), !text.contains("/") else { return nil }
        while standard.utf8.count % 4 != 0 { standard.append("=") }
        return Data(base64Encoded: String(standard)).map(Array.init)
    }
}
