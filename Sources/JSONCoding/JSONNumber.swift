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

    /// Whether the text is exactly one `number` of RFC 8259 section 6.
    static func isLiteral(_ text: String) -> Bool {
        var grammar = NumberGrammar()
        for byte in text.utf8 {
            guard grammar.accepts(byte) else { return false }
        }
        return grammar.isComplete
    }
}
