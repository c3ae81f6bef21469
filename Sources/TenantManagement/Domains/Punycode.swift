/// Decodes labels of domain names with characters beyond ASCII (RFC 3492).
enum Punycode {
    private static let base = 36
    private static let minimumThreshold = 1
    private static let maximumThreshold = 26
    private static let skew = 38
    private static let damping = 700
    private static let initialBias = 72
    private static let firstCodePoint = 128
    /// More than any valid label needs, and far from an overflow.
    private static let limit = 1 << 40

    /// The text of a label without its prefix; nil when it is not the encoding of a text with characters beyond ASCII.
    static func decode(_ label: some Collection<UInt8>) -> String? {
        var scalars: [Unicode.Scalar] = []
        var digits = Array(label)
        if let delimiter = digits.lastIndex(of: UInt8(ascii: "-")) {
            scalars = digits[..<delimiter].map(Unicode.Scalar.init)
            digits.removeFirst(delimiter + 1)
        }
        guard !digits.isEmpty else { return nil }
        var codePoint = firstCodePoint
        var bias = initialBias
        var index = 0
        var position = 0
        while position < digits.count {
            let oldIndex = index
            var weight = 1
            var k = base
            while true {
                guard position < digits.count, let digit = value(of: digits[position]) else { return nil }
                position += 1
                index += digit * weight
                guard index < limit else { return nil }
                let threshold = min(max(k - bias, minimumThreshold), maximumThreshold)
                if digit < threshold { break }
                weight *= base - threshold
                guard weight < limit else { return nil }
                k += base
            }
            let count = scalars.count + 1
            bias = adapted(index - oldIndex, count: count, isFirst: oldIndex == 0)
            codePoint += index / count
            index %= count
            guard codePoint <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(codePoint)) else { return nil }
            scalars.insert(scalar, at: index)
            index += 1
        }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func value(of digit: UInt8) -> Int? {
        switch digit {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(digit - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(digit - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damping : delta / 2
        delta += delta / count
        var k = 0
        while delta > (base - minimumThreshold) * maximumThreshold / 2 {
            delta /= base - minimumThreshold
            k += base
        }
        return k + (base - minimumThreshold + 1) * delta / (delta + skew)
    }
}
