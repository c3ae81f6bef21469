/// An amount of one currency in whole minor units (cents). There is no floating point in it and none near it.
package struct Money: Sendable, Hashable {
    /// The amount in minor units: 5000 for 50.00 USD; negative for a credit.
    package let minorUnits: Int64
    /// The currency.
    package let currency: Currency

    /// The amount of that many minor units.
    package init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// The amount written in major units, such as `50.00`, `-0.5` or `1e3`, as JSON and PostgreSQL write numbers.
    ///
    /// Zeros beyond the decimals of the currency are accepted (`1000.00` JPY is how `numeric(10,2)` gives 1000 JPY).
    /// - Throws: `.invalidAmount`, `.tooManyDecimals`, `.overflow`.
    package init(decimal text: String, currency: Currency) throws(BillingError) {
        let units = try ScaledDecimal(text).units(decimals: currency.exponent)
        guard let minorUnits = Int64(exactly: units) else { throw .overflow }
        self.init(minorUnits: minorUnits, currency: currency)
    }

    /// The exact amount of minor units rounded once: to the nearest, a half away from zero unless the mode says otherwise.
    ///
    /// - Throws: `.overflow`.
    package init(
        rounding minorUnits: Rational, currency: Currency, mode: RoundingMode = .halfUp
    ) throws(BillingError) {
        guard let rounded = Int64(exactly: minorUnits.rounded(mode)) else { throw .overflow }
        self.init(minorUnits: rounded, currency: currency)
    }

    /// No money.
    package static func zero(_ currency: Currency) -> Money { Money(minorUnits: 0, currency: currency) }

    /// The amount in major units with all the decimals of the currency: `50.00`, `-0.05`, `1000` for JPY.
    package var decimalText: String {
        let decimals = currency.exponent
        // Twenty digits, a point and a sign, from the last digit to the first: previews write thousands of amounts.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { bytes in
            var (rest, start, digits) = (minorUnits.magnitude, 24, 0)
            func prepend(_ byte: UInt8) {
                start -= 1
                bytes[start] = byte
            }
            repeat {
                if digits == decimals, decimals > 0 { prepend(UInt8(ascii: ".")) }
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                prepend(UInt8(ascii: "0") + UInt8(digit))
                digits += 1
                rest = quotient
            } while rest > 0 || digits <= decimals
            if minorUnits < 0 { prepend(UInt8(ascii: "-")) }
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start...]), as: UTF8.self)
        }
    }

    /// Whether this is no money.
    package var isZero: Bool { minorUnits == 0 }

    /// Whether this is less than no money.
    package var isNegative: Bool { minorUnits < 0 }

    /// The exact number of minor units.
    package var exact: Rational { Rational(minorUnits) }
}

// MARK: Arithmetic

extension Money {
    /// The sum. Throws `.currencyMismatch`, `.overflow`.
    package func adding(_ other: Money) throws(BillingError) -> Money {
        guard currency == other.currency else { throw .currencyMismatch }
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        guard !overflow else { throw .overflow }
        return Money(minorUnits: sum, currency: currency)
    }

    /// The difference. Throws `.currencyMismatch`, `.overflow`.
    package func subtracting(_ other: Money) throws(BillingError) -> Money {
        guard currency == other.currency else { throw .currencyMismatch }
        let (difference, overflow) = minorUnits.subtractingReportingOverflow(other.minorUnits)
        guard !overflow else { throw .overflow }
        return Money(minorUnits: difference, currency: currency)
    }

    /// The amount with the other sign. Throws `.overflow` for the least amount.
    package func negated() throws(BillingError) -> Money {
        try Money.zero(currency).subtracting(self)
    }

    /// The amount times a whole number. Throws `.overflow`.
    package func multiplied(by count: Int64) throws(BillingError) -> Money {
        let (product, overflow) = minorUnits.multipliedReportingOverflow(by: count)
        guard !overflow else { throw .overflow }
        return Money(minorUnits: product, currency: currency)
    }

    /// The amount times a fraction, rounded once: to the nearest, a half away from zero. Throws `.overflow`.
    package func multiplied(by share: Rational) throws(BillingError) -> Money {
        try Money(rounding: exact.multiplied(by: share), currency: currency)
    }

    /// The sum of amounts of one currency; zero for none. Throws `.currencyMismatch`, `.overflow`.
    package static func sum(_ amounts: some Sequence<Money>, in currency: Currency) throws(BillingError) -> Money {
        var sum = Money.zero(currency)
        for amount in amounts { sum = try sum.adding(amount) }
        return sum
    }
}

extension Money: CustomStringConvertible {
    /// `50.00 USD`.
    package var description: String { "\(decimalText) \(currency)" }
}
