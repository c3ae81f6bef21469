/// A decimal number taken from its text without loss: the significant digits times a power of ten.
///
/// The text is a `number` of RFC 8259 section 6, which is also how PostgreSQL and Swift write finite numbers: `-12.50`,
/// `1e3`; no plus sign in front, no spaces, no leading zeros, no grouping, no `NaN`.
package struct DecimalNumber: Sendable, Hashable {
    /// Whether it has a minus sign, even if it is zero.
    package private(set) var isNegative = false
    /// The digits, 0...9, without zeros around them; empty for zero.
    package private(set) var digits: [UInt8] = []
    /// The power of ten of the last digit: 12.50 is 125 with exponent -1. One written in the text is held within a
    /// billion either way. Zero for zero.
    package private(set) var exponent = 0

    /// Reads a number; nil when the text is anything else.
    package init?(_ text: String) {
        var grammar = NumberGrammar()
        var isFraction = false
        var isExponent = false
        var isExponentNegative = false
        var written = 0
        for byte in text.utf8 {
            guard grammar.accepts(byte) else { return nil }
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isExponent = true
            case UInt8(ascii: "-"): if isExponent { isExponentNegative = true } else { isNegative = true }
            case UInt8(ascii: "+"): break
            default:
                let digit = byte - UInt8(ascii: "0")
                if isExponent {
                    written = min(written * 10 + Int(digit), 1_000_000_000)
                    continue
                }
                if isFraction { exponent -= 1 }
                if digit != 0 || !digits.isEmpty { digits.append(digit) }
            }
        }
        guard grammar.isComplete else { return nil }
        exponent += isExponentNegative ? -written : written
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { exponent = 0 }
    }

    /// Whether the value is a whole number.
    package var isInteger: Bool { exponent >= 0 }

    /// The value when it is a whole number in the range of 64 bits.
    package var int64: Int64? {
        guard exponent >= 0, exponent + digits.count <= 19 else { return nil }
        var magnitude: UInt64 = 0
        for digit in digits { magnitude = magnitude * 10 + UInt64(digit) }
        for _ in 0..<exponent { magnitude *= 10 }
        return Int64(exactly: isNegative ? -Int128(magnitude) : Int128(magnitude))
    }
}

/// Recognizes a `number` of RFC 8259 section 6, byte by byte.
package struct NumberGrammar: Sendable {
    private enum State {
        case start
        case sign
        case zero
        case integer
        case point
        case fraction
        case exponent
        case exponentSign
        case exponentDigits
    }

    private var state = State.start

    /// A recognizer that has seen nothing.
    package init() {}

    /// Whether what was accepted so far is a number.
    package var isComplete: Bool {
        switch state {
        case .zero, .integer, .fraction, .exponentDigits: true
        case .start, .sign, .point, .exponent, .exponentSign: false
        }
    }

    /// Takes the byte when the number can go on with it, else stays as it is.
    package mutating func accepts(_ byte: UInt8) -> Bool {
        guard let next = following(byte) else { return false }
        state = next
        return true
    }

    private func following(_ byte: UInt8) -> State? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            switch state {
            case .start, .sign: byte == UInt8(ascii: "0") ? .zero : .integer
            case .zero: nil
            case .integer: .integer
            case .point, .fraction: .fraction
            case .exponent, .exponentSign, .exponentDigits: .exponentDigits
            }
        case UInt8(ascii: "-"):
            switch state {
            case .start: .sign
            case .exponent: .exponentSign
            default: nil
            }
        case UInt8(ascii: "+"): state == .exponent ? .exponentSign : nil
        case UInt8(ascii: "."): state == .zero || state == .integer ? .point : nil
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            state == .zero || state == .integer || state == .fraction ? .exponent : nil
        default: nil
        }
    }
}
