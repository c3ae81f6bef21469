/// A UUID of RFC 9562, held as two words; its order is the order of its text.
package struct Identifier: Hashable, Sendable {
    /// The first eight bytes, most significant first: in version 7, the time.
    package let high: UInt64
    /// The last eight bytes, most significant first.
    package let low: UInt64

    /// The identifier with these 128 bits; any bits are taken.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The time of a version 7 identifier, exact to the millisecond; nil for any other version.
    package var timestamp: Timestamp? {
        guard (high >> 12) & 0xF == 7 else { return nil }
        return Timestamp(milliseconds: Int64(high >> 16))
    }
}

extension Identifier: Comparable {
    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
