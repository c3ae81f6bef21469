/// Code points that are invisible on their own: controls, white space, format characters, fillers, selectors, and the
/// combining marks that belong to no script.
enum InvisibleText {
    private static let ranges: [ClosedRange<UInt32>] = [
        0x00...0x20, 0x7F...0xA0, 0xAD...0xAD, 0x300...0x36F, 0x483...0x489, 0x61C...0x61C, 0x115F...0x1160,
        0x1680...0x1680, 0x17B4...0x17B5, 0x180B...0x180F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x2000...0x200F,
        0x2028...0x202F, 0x205F...0x206F, 0x20D0...0x20FF, 0x2800...0x2800, 0x3000...0x3000, 0x3164...0x3164,
        0xFE00...0xFE0F, 0xFE20...0xFE2F, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3,
        0x1D159...0x1D159, 0x1D173...0x1D17A, 0xE0000...0xE0FFF,
    ]

    static func contains(_ scalar: Unicode.Scalar) -> Bool {
        // Most texts begin with a letter of ASCII.
        if scalar.value < 0x7F { return scalar.value <= 0x20 }
        return ranges.contains { $0.contains(scalar.value) }
    }

    /// The regular expression (ECMA 262, by code points) of texts that have another character, and no U+0000. Anchored at
    /// its start, because generated clients in Python look there.
    static let pattern = "^[^\\u0000]*\(visibleCharacter)[^\\u0000]*$"

    /// The regular expression of one visible character, without the ranges beyond U+FFFF, which languages escape in
    /// different ways.
    static let visibleCharacter = "[^\(ranges.filter { $0.upperBound <= 0xFFFF }.map(text).joined())]"

    private static func text(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1 ? text(range.lowerBound) : "\(text(range.lowerBound))-\(text(range.upperBound))"
    }

    private static func text(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
