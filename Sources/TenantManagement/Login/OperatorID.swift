import Crypto
import JSONCoding
import Primitives

/// The id of an operator, as audit columns have it.
///
/// They hold UUIDs. A provider whose ids are UUIDs keeps them; for others the id is derived from issuer and id, so that it is
/// the same at each login and no other issuer's.
enum OperatorID {
    /// The id in a claim that is a text; nil when it is missing or unusable.
    static func of(_ claims: JSONObject, claim: String, issuer: String) -> Identifier? {
        guard let text = claims[claim]?.stringValue, !text.isEmpty, text.utf8.count <= 255 else { return nil }
        return Identifier(text) ?? derived(from: text, issuer: issuer)
    }

    /// A UUID of version 8 (RFC 9562 section 5.8) from a digest.
    private static func derived(from text: String, issuer: String) -> Identifier {
        let digest = Array(SHA256.hash(data: Array("\(issuer)\n\(text)".utf8)))
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let high = word(digest[0..<8]) & ~0xF000 | 0x8000
        let low = word(digest[8..<16]) & ((1 << 62) - 1) | (1 << 63)
        return Identifier(high: high, low: low)
    }
}
