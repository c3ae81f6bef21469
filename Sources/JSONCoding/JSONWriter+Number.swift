extension JSONWriter {
    /// Writes an integer of any size in decimal.
    package mutating func integer(_ value: some BinaryInteger) {
        if let value = Int64(exactly: value) {
            integer64(value)
        } else {
            number(literal: String(value))
        }
    }

    /// Writes a 64-bit integer in decimal.
    package mutating func integer64(_ value: Int64) {
        scalar(atMost: 20) { buffer in
            DecimalDigits.write(value, to: buffer)
        }
    }

    /// Writes a number as JavaScript does (`1`, `0.1`, `1e+21`, `-0` as `0`); what JSON cannot say, not-a-number and
    /// the infinities, becomes `null`, as with `JSON.stringify`.
    package mutating func double(_ value: Double) {
        appendValue { JavaScriptNumber.append(value, to: &$0) }
    }

    /// Writes a number given as its JSON text, exactly: `50.00` stays `50.00`.
    ///
    /// Text that is not a number of RFC 8259 section 6, such as PostgreSQL's `NaN`, becomes `null`.
    package mutating func number(literal: String) {
        guard JSONNumber.isLiteral(literal) else { return null() }
        appendValue { $0.append(contentsOf: literal.utf8) }
    }

    /// Writes a number.
    package mutating func number(_ number: JSONNumber) {
        appendValue { $0.append(contentsOf: number.literal.utf8) }
    }
}

/// Decimal digits of integers.
enum DecimalDigits {
    /// Writes the decimal text to the start of the buffer, at most 20 bytes; returns its length.
    static func write(_ value: Int64, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var magnitude = value.magnitude
        let sign = value < 0 ? 1 : 0
        if value < 0 { buffer[0] = UInt8(ascii: "-") }
        let length = sign + digitCount(magnitude)
        var position = length
        while magnitude >= 10 {
            let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
            position -= 1
            buffer[position] = UInt8(truncatingIfNeeded: 48 + digit)
            magnitude = quotient
        }
        buffer[position - 1] = UInt8(truncatingIfNeeded: 48 + magnitude)
        return length
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
