package import Primitives

/// The text of an API key: `arc_`, 256 random bits in 43 digits, and a checksum in 6 digits.
///
/// The prefix and the checksum let secret scanners find keys in repositories and logs with hardly a false alarm, and keys
/// that were mistyped or cut off are refused without a look into the database. The checksum is public and protects nothing.
package struct APIKeyText: Sendable, Hashable {
    /// How each key begins.
    package static let marker = "arc_"
    /// What keys look like, for scanners.
    package static let pattern = "arc_[0-9A-Za-z]{49}"
    /// Digits of a key that lists show, so that people recognize it. The other 35 have 208 bits.
    private static let shownDigits = 8
    private static let randomDigits = 43
    private static let checksumDigits = 6

    /// All of it: the secret.
    package let text: String

    /// A new key.
    package static func make() -> APIKeyText {
        let random = Base62.encode(SecureRandom.bytes(32), count: randomDigits)
        return APIKeyText(text: marker + String(decoding: random + checksum(random), as: UTF8.self))
    }

    private init(text: String) { self.text = text }

    /// Whether a text is meant to be a key, right or wrong.
    package static func isMeant(by text: String) -> Bool { text.utf8.starts(with: marker.utf8) }

    /// A key of exactly this form; nil for everything else, also for one in upper or lower case alone.
    package init?(_ text: String) {
        let length = Self.marker.utf8.count + Self.randomDigits + Self.checksumDigits
        guard text.utf8.count == length, Self.isMeant(by: text) else { return nil }
        let digits = Array(text.utf8.dropFirst(Self.marker.utf8.count))
        let checksum = Self.checksum(digits.prefix(Self.randomDigits))
        guard Base62.isText(digits), checksum == Array(digits.suffix(Self.checksumDigits)) else { return nil }
        self.text = text
    }

    /// The beginning of the key, which may be shown.
    package var prefix: String { String(text.prefix(Self.shownLength)) }

    /// Characters of a key that may be shown.
    static let shownLength = marker.count + shownDigits

    /// CRC-32 in Base62, as in GitHub's tokens.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let bits = CRC32.checksum(bytes)
        return Base62.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }, count: checksumDigits)
    }
}
