import Testing

@testable import Billing

/// Fractions as decimal text, rounding modes, and sums that need more than 128 bits.
@Suite struct RationalTextTests {
    @Test func `decimals are rounded to their places, without zeros at the end`() throws {
        #expect(try fraction(1, 3).decimalText() == "0.333333333")
        #expect(try fraction(2, 3).decimalText() == "0.666666667")
        #expect(try fraction(-1, 8).decimalText() == "-0.125")
        #expect(try fraction(9_999_999_999, 10_000_000_000).decimalText(places: 9) == "1")
        #expect(try fraction(-1, 10_000_000_000).decimalText(places: 9) == "0")
        #expect(try fraction(17, 2).decimalText(places: 0) == "9")
        #expect(try fraction(17, 2).decimalText(places: 9, minimumPlaces: 2) == "8.50")
        #expect(Rational(Int128.max).decimalText(places: 3, minimumPlaces: 3).hasSuffix("727.000"))
        #expect(try Rational(Int128.max - 1, Int128.max).decimalText(places: 12) == "1")
    }

    @Test func `a decimal text is the number rounded to its places`() throws {
        for _ in 0..<2_000 {
            let number = try fraction(.random(in: -1_000_000...1_000_000), .random(in: 1...100_000))
            let text = try Rational(decimal: number.decimalText(places: 6))
            #expect(text == (try number.quantized(places: 6)))
            #expect(text.hasDecimals(atMost: 6))
        }
    }

    @Test(arguments: [(1, 1, 0), (3, 2, 2), (5, 3, 2), (-1, -1, 0), (-3, -2, -2), (-5, -3, -2)])
    func `a half goes away from zero or to the even neighbor`(_ halves: Int128, _ up: Int128, _ even: Int128) throws {
        let number = try fraction(halves, 2)
        #expect(number.rounded() == up && number.rounded(.halfUp) == up && number.rounded(.halfEven) == even)
        #expect(try fraction(halves * 1000 + halves.signum(), 2000).rounded(.halfEven) == up)
    }

    @Test func `rounding up never rounds down`() throws {
        #expect(try fraction(7, 2).roundedUp == 4 && fraction(-7, 2).roundedUp == -3 && fraction(4, 2).roundedUp == 2)
    }

    @Test func `fractions that need more than 128 bits are compared exactly and added to twelve decimals`() throws {
        let large: Int128 = 1 << 100
        let (one, other) = (try fraction(large, large - 1), try fraction(large + 1, large))
        #expect(other < one && !(one < other))
        #expect(throws: BillingError.overflow) { try one.adding(other) }
        #expect(try one.addingBounded(other) == Rational(2))
        #expect(try one.multipliedBounded(by: Rational(3)).decimalText() == "3")
        let largest = try Rational(Int128.max - 1, Int128.max)
        #expect(try largest.addingBounded(one) == Rational(2))
        #expect(try largest.negated.quantized(places: 12) == Rational(-1))
        #expect(try largest.dividedBounded(by: one).decimalText() == "1")
        #expect(throws: BillingError.overflow) { try Rational(Int128.max).quantized(places: 1) }
    }

    @Test func `currencies of ISO 4217 are known`() throws {
        for code in ["USD", "EUR", "JPY", "KWD", "CLF", "UYI", "XAF"] { #expect(try Currency(code).isKnown) }
        for code in ["ZZZ", "XXX", "ABC"] { #expect(!(try Currency(code).isKnown)) }
    }
}
