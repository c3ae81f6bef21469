import Crypto
import Primitives

/// The secret by which a browser shows its session: 256 random bits as 64 lower-case hexadecimal digits. Redis has its digest
/// only, so that whoever reads Redis cannot use a session.
package struct SessionToken: Sendable, CustomStringConvertible {
    /// Bytes of a token's text.
    private static let length = 64

    /// What the cookie contains.
    package let text: String

    /// A new token.
    package init() { text = SecureRandom.hex(bytes: Self.length / 2) }

    /// Nil for a text that cannot be a token, for which Redis need not be asked.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.text = text
    }

    /// SHA-256 of the text. A secret of 256 random bits needs no slower function.
    var digest: String { Hex.encode(Array(SHA256.hash(data: Array(text.utf8)))) }

    /// Never the secret.
    package var description: String { "<session token>" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
