import Crypto
import FoundationEssentials
import Primitives

/// The one-time key by which a lead proves its e-mail address. The database only holds
/// its hash.
package struct LeadKey: Sendable {
    /// The key as mailed: hexadecimal.
    package let text: String

    /// A new random key.
    /// - Parameter length: Hexadecimal characters.
    package static func random(length: Int) -> LeadKey {
        LeadKey(text: String(SecureRandom.hex(bytes: (length + 1) / 2).prefix(length)))
    }

    /// A key as a client sent it.
    package init(text: String) { self.text = text }

    /// SHA-256 of the text: the keys are long and random, so that no slow hash is needed.
    package var hash: [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }
}
