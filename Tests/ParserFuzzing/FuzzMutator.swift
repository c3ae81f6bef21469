package import TestSupport

/// Makes inputs from inputs: the same ones for the same seed, corpus and seeds of the target.
package struct FuzzMutator: Sendable {
    package var generator: SeededGenerator
    private let tokens: [[UInt8]]
    private let maximumLength: Int

    /// Bytes at which parsers decide, and numbers at which they overflow.
    private static let common: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ":", ",", "%", "=", "&", "\r\n", "\u{0}", " ", "/", "..", "-1", "0",
            "1e400",
            "9223372036854775807", "9223372036854775808", "-9223372036854775809", "2147483648", "65536", "4294967296",
            "\u{FEFF}", "\u{301}", "\u{1F468}\u{200D}\u{1F469}", "\u{202E}", "null", "true",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

    package init(seed: UInt64, target: FuzzTarget) {
        generator = SeededGenerator(seed: seed)
        tokens = target.tokens + Self.common
        maximumLength = target.maximumLength
    }

    /// A number below a bound that is at least 1.
    package mutating func number(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    /// An input that differs from another one in some places.
    package mutating func mutate(_ input: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0...number(below: 4) { change(&bytes, with: other) }
        return Array(bytes.prefix(maximumLength))
    }

    private mutating func change(_ bytes: inout [UInt8], with other: [UInt8]) {
        let place = number(below: bytes.count + 1)
        let end = min(bytes.count, place + 1 + number(below: 16))
        switch number(below: 11) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(number(below: 8))
        case 1 where place < bytes.count: bytes[place] = UInt8(number(below: 256))
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.removeSubrange(place...)
        case 5: bytes = Array(bytes[..<place]) + other[number(below: other.count + 1)...]
        case 6: bytes.replaceSubrange(place..<end, with: token())
        case 7: repeatPart(&bytes, place..<end)
        case 8 where place < bytes.count: bytes[place] = bytes[place] &+ (number(below: 2) == 0 ? 1 : 255)
        case 9: bytes.insert(UInt8(number(below: 256)), at: place)
        default: bytes.insert(contentsOf: token(), at: place)
        }
    }

    private mutating func token() -> [UInt8] { tokens[number(below: tokens.count)] }

    /// Nesting and long lists.
    private mutating func repeatPart(_ bytes: inout [UInt8], _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let part = Array(bytes[range])
        let count = min(1 << number(below: 11), maximumLength / part.count)
        var repeated: [UInt8] = []
        repeated.reserveCapacity(count * part.count)
        for _ in 0..<count { repeated += part }
        bytes.insert(contentsOf: repeated, at: range.lowerBound)
    }
}
