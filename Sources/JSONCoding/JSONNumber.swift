import Primitives

/// A number kept as its JSON text, so that nothing is lost: `50.00`, or an integer of forty digits.
///
/// Two numbers are equal when their texts are (`1` and `1.0` are not); compare `double` or `int64` to compare values.
package struct JSONNumber: Sendable, Hashable {
    /// The text, a `number` of RFC 8259 section 6.
    package let literal: String

    /// The number with this text; nil when the text is not a number of RFC 8259 section 6.
    package init?(literal: String) {
        guard JSONNumber.isLiteral(literal) else { return nil }
        self.literal = literal
    }

    /// The integer in decimal.
    package init(_ value: some BinaryInteger) {
        literal = String(value)
    }

    /// The number in JavaScript's notation; nil for not-a-number and the infinities, which JSON does not have.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        var bytes: [UInt8] = []
        JavaScriptNumber.append(value, to: &bytes)
        literal = String(decoding: bytes, as: UTF8.self)
    }

    /// Takes text that the parser has checked.
    init(checked literal: String) {
        self.literal = literal
    }

    /// The nearest double, as JavaScript reads it: infinite when the number is too large.
    package var double: Double {
        // Every text of the JSON grammar is a text of Double's.
        Double(literal) ?? .nan
    }

    /// The value, when it is a whole number in the range of 64 bits, however it is written: `7`, `7.0`, `70e-1`.
    package var int64: Int64? { Int64(literal) ?? DecimalNumber(literal)?.int64 }

    /// Whether the value is a whole number, however it is written (JSON Schema's `integer`).
    package var isInteger: Bool { Int64(literal) != nil || DecimalNumber(literal)?.isInteger == true }

    /// Whether the values are the same, however they are written: `1`, `1.0` and `10e-1`.
    package func hasValue(of other: JSONNumber) -> Bool {
        if literal == other.literal { return true }
        guard let one = DecimalNumber(literal), let two = DecimalNumber(other.literal) else { return false }
        // There is one zero, with or without a sign.
        return one.digits == two.digits && one.exponent == two.exponent
            && (one.isNegative == two.isNegative || one.digits.isEmpty)
    }

    /// How many characters the value takes without an exponent, as PostgreSQL writes it: 5 for `1e-3` (`0.001`). Zeros
    /// at the end of a fraction stay, those in front go. Exponents count up to a billion.
    package var plainLength: Int {
        var sign = 0
        var integers = 0
        var fractions = 0
        var zerosInFront = 0
        var exponent = 0
        var isFraction = false
        var isExponent = false
        var isExponentNegative = false
        var isZero = true
        for byte in literal.utf8 {
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isExponent = true
            case UInt8(ascii: "-"): if isExponent { isExponentNegative = true } else { sign = 1 }
            case UInt8(ascii: "+"): break
            case let digit where isExponent:
                exponent = min(exponent * 10 + Int(digit - UInt8(ascii: "0")), 1_000_000_000)
            case let digit:
                if digit != UInt8(ascii: "0") { isZero = false }
                if isFraction { fractions += 1 } else if !isZero { integers += 1 }
                if isFraction, isZero { zerosInFront += 1 }
            }
        }
        if isExponentNegative { exponent = -exponent }
        let whole = isZero ? 1 : max(1, integers - zerosInFront + exponent)
        let scale = max(0, fractions - exponent)
        return sign + whole + (scale > 0 ? 1 + scale : 0)
    }

    /// Whether the text is exactly one `number` of RFC 8259 section 6.
    static func isLiteral(_ text: String) -> Bool {
        var grammar = NumberGrammar()
        for byte in text.utf8 {
            guard grammar.accepts(byte) else { return false }
        }
        return grammar.isComplete
    }
}
