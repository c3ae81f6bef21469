import Billing
import JSONCoding

/// The bounds of numbers: far beyond any invoice, and far within 128 bits.
enum NumberBounds {
    /// Minor units of an amount.
    static let minorUnits = Limits.minorUnits
    /// Units of a quantity.
    static let quantity = Rational(1_000_000_000_000)
    /// Decimals of a quantity, a unit amount, or a rate.
    static let decimals = 12
    /// Percent of a tax or a price.
    static let rate = Rational(1000)
}

// Decimal strings.
extension MemberReader {
    /// The exact value of a decimal string such as `8.50`, not negative.
    func decimal(_ name: String) throws(ScenarioRefusal) -> Rational? {
        guard let value = value(name) else { return nil }
        return try Self.decimal(value, at: at(name))
    }

    static func decimal(_ value: JSONValue, at pointer: String) throws(ScenarioRefusal) -> Rational {
        let format = ScenarioRefusal(pointer, "Must be a decimal number in a string, such as \"8.50\", not negative")
        guard let text = value.stringValue, text.utf8.count <= 40,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else { throw format }
        guard let number = try? Rational(decimal: text) else { throw format }
        guard number.hasDecimals(atMost: NumberBounds.decimals) else {
            throw ScenarioRefusal(pointer, "Has more than \(NumberBounds.decimals) decimals")
        }
        return number
    }

    func quantity(_ name: String) throws(ScenarioRefusal) -> Rational? {
        guard let value = value(name) else { return nil }
        let quantity = try Self.decimal(value, at: at(name))
        guard quantity <= NumberBounds.quantity else { throw ScenarioRefusal(at(name), "Is too large") }
        return quantity
    }

    /// A size of packages or blocks: above zero.
    func size(_ name: String) throws(ScenarioRefusal) -> Rational? {
        guard let size = try quantity(name) else { return nil }
        guard size > .zero else { throw ScenarioRefusal(at(name), "Must be above zero") }
        return size
    }

    /// A percentage as a fraction.
    func rate(_ name: String, maximum: Rational = NumberBounds.rate) throws(ScenarioRefusal) -> Rational? {
        guard let percent = try decimal(name) else { return nil }
        guard percent <= maximum, let fraction = try? percent.divided(by: Rational(100)) else {
            throw ScenarioRefusal(at(name), "Must be a percentage from 0 to \(maximum)")
        }
        return fraction
    }

    /// An amount in major units as minor units: with the decimals of the currency, or with more for the price of a unit.
    func amount(
        _ name: String, in currency: Currency, isUnitAmount: Bool = false
    ) throws(ScenarioRefusal) -> Rational? {
        guard let major = try decimal(name) else { return nil }
        guard let minor = try? major.multiplied(by: Rational(currency.minorUnitsPerMajor)),
            minor <= Rational(NumberBounds.minorUnits)
        else { throw ScenarioRefusal(at(name), "Is too large") }
        guard isUnitAmount || minor.denominator == 1 else {
            throw ScenarioRefusal(at(name), "Has more decimals than \(currency), which has \(currency.exponent)")
        }
        return minor
    }

    func requiredAmount(
        _ name: String, in currency: Currency, isUnitAmount: Bool = false
    ) throws(ScenarioRefusal) -> Rational {
        guard let amount = try amount(name, in: currency, isUnitAmount: isUnitAmount) else {
            throw ScenarioRefusal(at(name), "Is required")
        }
        return amount
    }

    /// A whole number of minor units, above zero.
    func minorUnits(_ name: String, in currency: Currency) throws(ScenarioRefusal) -> Int64 {
        let amount = try requiredAmount(name, in: currency)
        guard amount > .zero, let minorUnits = Int64(exactly: amount.numerator) else {
            throw ScenarioRefusal(at(name), "Must be above zero")
        }
        return minorUnits
    }
}
