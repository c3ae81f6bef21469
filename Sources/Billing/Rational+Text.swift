extension Rational {
    /// The number as a decimal, rounded to at most that many places; without zeros at the end.
    package func decimalText(places: Int = 9, minimumPlaces: Int = 0) -> String {
        var scale: UInt128 = 1
        for _ in 0..<places { scale *= 10 }
        let (whole, rest) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
        // The rest is less than the denominator: digit by digit, so that nothing overflows.
        var (fraction, remainder) = (UInt128(0), rest)
        for _ in 0..<places {
            var digit = UInt128(0)
            (digit, remainder) = Rational.nextDigit(remainder, of: denominator.magnitude)
            fraction = fraction * 10 + digit
        }
        if remainder >= denominator.magnitude - remainder { fraction += 1 }
        let sum = fraction == scale ? whole + 1 : whole
        if fraction == scale { fraction = 0 }
        var digits = String(fraction)
        digits = String(repeating: "0", count: places - digits.utf8.count) + digits
        if places == 0 { digits = "" }
        while digits.utf8.count > minimumPlaces, digits.last == "0" { digits.removeLast() }
        let sign = numerator < 0 && (sum != 0 || fraction != 0) ? "-" : ""
        return digits.isEmpty ? "\(sign)\(sum)" : "\(sign)\(sum).\(digits)"
    }

    /// The first decimal digit of a fraction below one, and the numerator of what is left of it.
    private static func nextDigit(_ numerator: UInt128, of denominator: UInt128) -> (UInt128, UInt128) {
        let (high, low) = numerator.multipliedFullWidth(by: 10)
        return denominator.dividingFullWidth((high, low))
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

    /// The nearest multiple of 10^-`places`. Throws `.overflow`.
    package func quantized(places: Int) throws(BillingError) -> Rational {
        let scale = try ScaledDecimal.power(places)
        return try Rational(multiplied(by: Rational(scale)).rounded(), scale)
    }
}

extension Rational {
    /// The sum: exact while it fits into 128 bits, else of both numbers rounded to twelve decimals (nine if that is too
    /// much). Sums over many lines with discounts in sequence have large denominators. Throws `.overflow`.
    func addingBounded(_ other: Rational) throws(BillingError) -> Rational {
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
        return try quantized(places: 9).multiplied(by: other.quantized(places: 12))
    }
}
