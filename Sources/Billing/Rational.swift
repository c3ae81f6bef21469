/// An exact fraction, for shares, rates and sums before they are rounded.
package struct Rational: Sendable, Hashable {
    /// The numerator, without a factor in common with the denominator.
    package let numerator: Int128
    /// The denominator, at least 1.
    package let denominator: Int128

    /// 0.
    package static let zero = Rational(0)
    /// 1.
    package static let one = Rational(1)

    /// A whole number.
    package init(_ value: some FixedWidthInteger & SignedInteger) {
        self.init(reduced: Int128(truncatingIfNeeded: value), 1)
    }

    /// `numerator / denominator` in lowest terms.
    ///
    /// - Throws: `.divisionByZero`; `.overflow` at the least number of 128 bits.
    package init(_ numerator: Int128, _ denominator: Int128) throws(BillingError) {
        guard denominator != 0 else { throw .divisionByZero }
        guard numerator != .min, denominator != .min else { throw .overflow }
        let divisor = Rational.greatestCommonDivisor(numerator, denominator) * denominator.signum()
        self.init(reduced: Rational.quotient(numerator, divisor), Rational.quotient(denominator, divisor))
    }

    /// The exact value of a decimal number such as `8.875`, written as JSON and PostgreSQL write numbers.
    ///
    /// - Throws: `.invalidAmount`, or `.overflow` beyond about 38 digits.
    package init(decimal text: String) throws(BillingError) {
        let decimal = try ScaledDecimal(text)
        if decimal.decimals <= 0 {
            try self.init(decimal.units(decimals: 0), 1)
        } else {
            try self.init(decimal.coefficient, ScaledDecimal.power(decimal.decimals))
        }
    }

    private init(reduced numerator: Int128, _ denominator: Int128) {
        self.numerator = numerator
        self.denominator = denominator
    }

    // MARK: Arithmetic

    /// The sum. Throws `.overflow`.
    package func adding(_ other: Rational) throws(BillingError) -> Rational {
        if denominator == 1, other.denominator == 1 {
            let (sum, overflow) = numerator.addingReportingOverflow(other.numerator)
            guard !overflow, sum != .min else { throw .overflow }
            return Rational(reduced: sum, 1)
        }
        let divisor = Rational.greatestCommonDivisor(denominator, other.denominator)
        let left = try Rational.product(numerator, other.denominator / divisor)
        let right = try Rational.product(other.numerator, denominator / divisor)
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw .overflow }
        return try Rational(sum, Rational.product(denominator, other.denominator / divisor))
    }

    /// The difference. Throws `.overflow`.
    package func subtracting(_ other: Rational) throws(BillingError) -> Rational {
        try adding(other.negated)
    }

    /// The product. Throws `.overflow`.
    package func multiplied(by other: Rational) throws(BillingError) -> Rational {
        let first = other.denominator == 1 ? 1 : Rational.greatestCommonDivisor(numerator, other.denominator)
        let second = denominator == 1 ? 1 : Rational.greatestCommonDivisor(other.numerator, denominator)
        let product = try Rational.product(
            Rational.quotient(numerator, first), Rational.quotient(other.numerator, second))
        guard product != .min else { throw .overflow }
        // Without a factor in common: those across are taken out, and each number had none.
        return Rational(
            reduced: product,
            try Rational.product(
                Rational.quotient(denominator, second), Rational.quotient(other.denominator, first)))
    }

    /// The quotient. Throws `.divisionByZero` and `.overflow`.
    package func divided(by other: Rational) throws(BillingError) -> Rational {
        guard other.numerator != 0 else { throw .divisionByZero }
        guard other.numerator != .min else { throw .overflow }
        let sign = other.numerator.signum()
        return try multiplied(by: Rational(reduced: other.denominator * sign, other.numerator * sign))
    }

    /// The number with the other sign.
    package var negated: Rational { Rational(reduced: -numerator, denominator) }

    /// The nearest whole number. By default a half goes away from zero, so that a credit is rounded as the charge it takes
    /// back; with half to even it goes to the even neighbor.
    package func rounded(_ mode: RoundingMode = .halfUp) -> Int128 {
        guard denominator != 1 else { return numerator }
        let (quotient, remainder) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
        let rest = denominator.magnitude - remainder
        let isUp = remainder > rest || remainder == rest && (mode == .halfUp || !quotient.isMultiple(of: 2))
        let magnitude = isUp ? quotient + 1 : quotient
        return numerator < 0 ? -Int128(magnitude) : Int128(magnitude)
    }

    /// The least whole number that is not less.
    package var roundedUp: Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder > 0 ? quotient + 1 : quotient
    }

    /// Most divisors are 1, and a division of 128 bits takes long.
    private static func quotient(_ dividend: Int128, _ divisor: Int128) -> Int128 {
        divisor == 1 ? dividend : dividend / divisor
    }

    private static func product(_ left: Int128, _ right: Int128) throws(BillingError) -> Int128 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        guard !overflow else { throw .overflow }
        return product
    }

    /// At least 1, also when both are zero.
    private static func greatestCommonDivisor(_ left: Int128, _ right: Int128) -> Int128 {
        var (larger, smaller) = (left.magnitude, right.magnitude)
        while smaller > UInt128(UInt64.max) || larger > UInt128(UInt64.max), smaller != 0 {
            (larger, smaller) = (smaller, larger % smaller)
        }
        // A division of 64 bits takes a tenth of the time.
        var (word, rest) = (UInt64(truncatingIfNeeded: larger), UInt64(truncatingIfNeeded: smaller))
        guard larger <= UInt128(UInt64.max) else { return Int128(larger) }
        while rest != 0 { (word, rest) = (rest, word % rest) }
        return word == 0 ? 1 : Int128(word)
    }
}

extension Rational: Comparable {
    package static func < (left: Rational, right: Rational) -> Bool {
        if left.denominator == right.denominator { return left.numerator < right.numerator }
        let (first, firstOverflow) = left.numerator.multipliedReportingOverflow(by: right.denominator)
        let (second, secondOverflow) = right.numerator.multipliedReportingOverflow(by: left.denominator)
        if !firstOverflow, !secondOverflow { return first < second }
        return isLessBeyond128Bits(left, right)
    }

    /// The products have 256 bits.
    private static func isLessBeyond128Bits(_ left: Rational, _ right: Rational) -> Bool {
        let first = left.numerator.multipliedFullWidth(by: right.denominator)
        let second = right.numerator.multipliedFullWidth(by: left.denominator)
        return first.high == second.high ? first.low < second.low : first.high < second.high
    }
}

extension Rational: CustomStringConvertible {
    /// `3/4`, or `3` for a whole number.
    package var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }
}
