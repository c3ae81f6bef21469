extension Rational {
    /// The number as a decimal, rounded to at most that many places; without zeros at the end.
    package func decimalText(places: Int = 9, minimumPlaces: Int = 0) -> String {
        if denominator == 1, minimumPlaces == 0, let whole = Int64(exactly: numerator) { return String(whole) }
        let (whole, rest) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
        var digits: [UInt8] = []
        var remainder = rest
        // The rest is less than the denominator: digit by digit, so that nothing overflows.
        while digits.count < places, remainder != 0 || digits.count < minimumPlaces {
            var digit = UInt8(0)
            (digit, remainder) = Rational.nextDigit(remainder, of: denominator.magnitude)
            digits.append(digit)
        }
        var sum = whole
        if remainder >= denominator.magnitude - remainder, !Rational.increment(&digits) { sum += 1 }
        while digits.count > minimumPlaces, digits.last == 0 { digits.removeLast() }
        var text: [UInt8] = []
        text.reserveCapacity(32)
        if numerator < 0, sum != 0 || digits.contains(where: { $0 != 0 }) { text.append(UInt8(ascii: "-")) }
        // Numbers of 64 bits are written much faster.
        if let small = UInt64(exactly: sum) { text += String(small).utf8 } else { text += String(sum).utf8 }
        if !digits.isEmpty {
            text.append(UInt8(ascii: "."))
            for digit in digits { text.append(UInt8(ascii: "0") + digit) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Adds one to the last digit; whether the result has as many digits.
    private static func increment(_ digits: inout [UInt8]) -> Bool {
        for place in digits.indices.reversed() {
            guard digits[place] == 9 else {
                digits[place] += 1
                return true
            }
            digits[place] = 0
        }
        return false
    }

    /// The first decimal digit of a fraction below one, and the numerator of what is left of it.
    private static func nextDigit(_ numerator: UInt128, of denominator: UInt128) -> (UInt8, UInt128) {
        if denominator <= UInt128(UInt64.max / 10) {
            let (digit, rest) = (UInt64(numerator) * 10).quotientAndRemainder(dividingBy: UInt64(denominator))
            return (UInt8(digit), UInt128(rest))
        }
        let (high, low) = numerator.multipliedFullWidth(by: 10)
        let (digit, rest) = denominator.dividingFullWidth((high, low))
        return (UInt8(digit), rest)
    }

    /// Whether the number has at most that many decimals.
    package func hasDecimals(atMost places: Int) -> Bool {
        var rest = denominator
        for _ in 0..<places {
            if rest.isMultiple(of: 10) {
                rest /= 10
            } else if rest.isMultiple(of: 5) {
                rest /= 5
            } else if rest.isMultiple(of: 2) {
                rest /= 2
            }
        }
        return rest == 1
    }

    /// The nearest multiple of 10^-`places`, however large numerator and denominator are. Throws `.overflow`.
    package func quantized(places: Int) throws(BillingError) -> Rational {
        let (whole, rest) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
        var (fraction, remainder) = (UInt128(0), rest)
        for _ in 0..<places {
            var digit = UInt8(0)
            (digit, remainder) = Rational.nextDigit(remainder, of: denominator.magnitude)
            fraction = fraction * 10 + UInt128(digit)
        }
        if remainder >= denominator.magnitude - remainder { fraction += 1 }
        let scale = try ScaledDecimal.power(places)
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: scale.magnitude)
        let (sum, sumOverflow) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !sumOverflow, let magnitude = Int128(exactly: sum) else { throw .overflow }
        return try Rational(numerator < 0 ? -magnitude : magnitude, scale)
    }
}

extension Rational {
    /// The sum: exact while it fits into 128 bits, else of both numbers rounded to twelve decimals (nine if that is too
    /// much). Sums over many lines with discounts in sequence have large denominators. Throws `.overflow`.
    package func addingBounded(_ other: Rational) throws(BillingError) -> Rational {
        if let sum = try? adding(other) { return sum }
        if let left = try? quantized(places: 12), let right = try? other.quantized(places: 12),
            let sum = try? left.adding(right)
        {
            return sum
        }
        return try quantized(places: 9).adding(other.quantized(places: 9))
    }

    /// The product, bounded in the same way. Throws `.overflow`.
    func multipliedBounded(by other: Rational) throws(BillingError) -> Rational {
        if let product = try? multiplied(by: other) { return product }
        if let product = try? quantized(places: 12).multiplied(by: other) { return product }
        if let product = try? quantized(places: 12).multiplied(by: other.quantized(places: 18)) { return product }
        return try quantized(places: 9).multiplied(by: other.quantized(places: 12))
    }

    /// The quotient, bounded in the same way. Throws `.divisionByZero` and `.overflow`.
    func dividedBounded(by other: Rational) throws(BillingError) -> Rational {
        try multipliedBounded(by: Rational(other.denominator, other.numerator))
    }
}
