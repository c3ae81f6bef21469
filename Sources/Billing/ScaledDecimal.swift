import Primitives

/// A decimal number as an integer and a number of decimals: `coefficient` x 10^-`decimals`.
struct ScaledDecimal {
    /// Not divisible by ten; zero for zero.
    let coefficient: Int128
    /// How many of its digits are decimals; negative when zeros follow.
    let decimals: Int

    /// Reads a number as JSON and PostgreSQL write it.
    ///
    /// - Throws: `.invalidAmount`; `.overflow` with more than 38 significant digits.
    init(_ text: String) throws(BillingError) {
        guard let number = DecimalNumber(text) else { throw .invalidAmount }
        guard number.digits.count <= 38 else { throw .overflow }
        let magnitude = number.digits.reduce(Int128(0)) { $0 * 10 + Int128($1) }
        coefficient = number.isNegative ? -magnitude : magnitude
        decimals = -number.exponent
    }

    /// The number in units of 10^-`decimals`.
    ///
    /// - Throws: `.tooManyDecimals` when that is not a whole number, `.overflow` when it has more than 128 bits.
    func units(decimals: Int) throws(BillingError) -> Int128 {
        guard self.decimals <= decimals else { throw .tooManyDecimals }
        let (product, overflow) = try coefficient.multipliedReportingOverflow(
            by: ScaledDecimal.power(decimals - self.decimals))
        guard !overflow else { throw .overflow }
        return product
    }

    /// 10 to the power of a number from zero on. Throws `.overflow` from 39 on.
    static func power(_ exponent: Int) throws(BillingError) -> Int128 {
        guard exponent <= 38 else { throw .overflow }
        return (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
