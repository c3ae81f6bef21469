/// Decimal integers as bytes, both ways, without going through `String`.
enum DecimalDigits {
    /// The integer that all of `bytes` spell, with an optional sign; nil if they spell no integer or it does not fit.
    static func int64(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let first = bytes.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits = isNegative || first == UInt8(ascii: "+") ? bytes[1...] : bytes[...]
        guard !digits.isEmpty else { return nil }
        var magnitude: UInt64 = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (shifted, multiplied) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, added) = shifted.addingReportingOverflow(UInt64(digit))
            if multiplied || added { return nil }
            magnitude = sum
        }
        if isNegative {
            guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
            return Int64(truncatingIfNeeded: 0 &- magnitude)
        }
        return Int64(exactly: magnitude)
    }

    /// How many characters `value` takes.
    static func count(_ value: Int64) -> Int {
        var count = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    /// Writes `value` at `offset`, which must have room for `count(value)` bytes; returns the offset behind it.
    static func write(_ value: Int64, to memory: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let end = offset + count(value)
        var position = end
        var rest = value.magnitude
        repeat {
            position -= 1
            memory[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if value < 0 { memory[offset] = UInt8(ascii: "-") }
        return end
    }
}
