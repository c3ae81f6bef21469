import Crypto
package import Primitives

extension Identifier {
    /// The same identifier for the same name, whoever asks: the inbox knows events by UUIDs, others name theirs as they
    /// like. UUID version 8 (RFC 9562, 5.8: made by a rule of one's own), out of SHA-256.
    package init(eventName name: String) {
        var words: [UInt64] = [0, 0]
        for (index, byte) in SHA256.hash(data: Array(name.utf8)).prefix(16).enumerated() {
            words[index / 8] = words[index / 8] << 8 | UInt64(byte)
        }
        self.init(high: words[0] & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: words[1] & (.max >> 2) | 1 << 63)
    }
}
