import Crypto
import FoundationEssentials
package import JSONCoding
import Primitives

/// The signature of callbacks (docs/contract/arc-api.md 9.4): HMAC-SHA256 over `JSON.stringify(body) + context +
/// timestamp`, keyed with the text of the secret, written as lower-case hexadecimal.
package enum WebhookSignature {
    /// Header of the signature.
    package static let signatureHeader = "x-signature"
    /// Header of the timestamp, milliseconds since 1970-01-01T00:00:00Z.
    package static let timestampHeader = "x-timestamp"

    /// Signs a body in the form that the receiver restores by parsing: `JSON.stringify(JSON.parse(text))`.
    /// - Parameters:
    ///   - body: The parsed body.
    ///   - context: Context of the event that is answered; nil for `/manage/users`, which is signed without.
    ///   - timestampMilliseconds: What the timestamp header says.
    ///   - secret: The event's secret; its characters are the key, they are not decoded.
    package static func sign(
        body: JSONValue, context: String?, timestampMilliseconds: Int64, secret: String
    ) -> String {
        sign(
            body: body.javaScriptSerialized(), context: context, timestampMilliseconds: timestampMilliseconds,
            secret: secret)
    }

    /// Signs exactly these bytes.
    package static func sign(
        body: [UInt8], context: String?, timestampMilliseconds: Int64, secret: String
    ) -> String {
        let text = signedText(body: body, context: context, timestampMilliseconds: timestampMilliseconds)
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: text, using: key(secret)))
    }

    /// Whether the signature was made with the secret, over the normalized body or over the body as it was sent.
    /// Takes the same time for every signature of the right length.
    /// - Parameters:
    ///   - signature: What the signature header says.
    ///   - body: The parsed body.
    ///   - rawBody: The bytes that were sent; empty to accept the normalized form only.
    ///   - context: As for ``sign(body:context:timestampMilliseconds:secret:)-(JSONValue,_,_,_)``.
    package static func verify(
        _ signature: String, body: JSONValue, rawBody: [UInt8], context: String?, timestampMilliseconds: Int64,
        secret: String
    ) -> Bool {
        guard let code = Hex.decode(signature), code.count == SHA256.byteCount else { return false }
        let key = key(secret)
        func isValid(_ bytes: [UInt8]) -> Bool {
            HMAC<SHA256>.isValidAuthenticationCode(
                code,
                authenticating: signedText(
                    body: bytes, context: context, timestampMilliseconds: timestampMilliseconds),
                using: key)
        }
        return isValid(body.javaScriptSerialized()) || (!rawBody.isEmpty && isValid(rawBody))
    }

    /// The number in a timestamp header, which is signed in its normalized form: ` 1.7e12 ` is 1700000000000
    /// (JavaScript's `Number(text)`). Nil for anything that is no whole number.
    package static func timestampMilliseconds(header: String) -> Int64? {
        let text = header.drop { $0.isWhitespace }
        let digits = text.prefix { !$0.isWhitespace }
        guard !digits.isEmpty, text.dropFirst(digits.count).allSatisfy(\.isWhitespace),
            digits.utf8.allSatisfy({ numberCharacters.contains($0) }), let number = Double(digits),
            number.magnitude < 9_007_199_254_740_992
        else { return nil }
        return Int64(exactly: number)
    }

    private static let numberCharacters = Set("0123456789+-.eE".utf8)

    private static func key(_ secret: String) -> SymmetricKey { SymmetricKey(data: Array(secret.utf8)) }

    private static func signedText(body: [UInt8], context: String?, timestampMilliseconds: Int64) -> [UInt8] {
        body + Array((context ?? "").utf8) + Array(String(timestampMilliseconds).utf8)
    }
}
