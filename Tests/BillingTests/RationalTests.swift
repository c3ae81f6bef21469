import Billing
import Testing

@Suite struct RationalTests {
    @Test func `a fraction is kept in lowest terms`() throws {
        #expect(try fraction(6, -8) == fraction(-3, 4))
        #expect(try fraction(0, -5) == .zero)
        #expect(try fraction(-6, -3) == Rational(2))
        #expect(try fraction(3, 4).description == "3/4")
        #expect(try fraction(4, 2).description == "2")
        #expect(throws: BillingError.divisionByZero) { try fraction(1, 0) }
        #expect(throws: BillingError.overflow) { try fraction(.min, 1) }
    }

    @Test func `decimals are read`() throws {
        #expect(try Rational(decimal: "8.875") == fraction(71, 8))
        #expect(try Rational(decimal: "-0.2") == fraction(-1, 5))
        #expect(try Rational(decimal: "1e2") == Rational(100))
        #expect(throws: BillingError.invalidAmount) { try Rational(decimal: "8,875") }
        #expect(throws: BillingError.overflow) { try Rational(decimal: "1e-40") }
        #expect(throws: BillingError.overflow) { try Rational(decimal: "1e40") }
    }

    @Test func `fractions compute exactly`() throws {
        for _ in 0..<2_000 {
            let (a, b, c) = (try random(), try random(), try random())
            #expect(try a.adding(b) == b.adding(a))
            #expect(try a.adding(b).subtracting(b) == a)
            #expect(try a.adding(b).multiplied(by: c) == a.multiplied(by: c).adding(b.multiplied(by: c)))
            if b != .zero { #expect(try a.divided(by: b).multiplied(by: b) == a) }
            #expect(try (a < b) == (a.subtracting(b) < .zero))
            // In lowest terms, by the same way as a fraction that is made anew.
            #expect(try a.multiplied(by: b) == fraction(a.numerator * b.numerator, a.denominator * b.denominator))
            let sum = a.numerator * b.denominator + b.numerator * a.denominator
            #expect(try a.adding(b) == fraction(sum, a.denominator * b.denominator))
        }
        #expect(throws: BillingError.divisionByZero) { try Rational.one.divided(by: .zero) }
    }

    @Test func `overflow is an error`() throws {
        let large = try fraction(.max, 1)
        #expect(throws: BillingError.overflow) { try large.adding(.one) }
        #expect(throws: BillingError.overflow) { try large.multiplied(by: Rational(2)) }
        #expect(throws: BillingError.overflow) { try fraction(1, .max).multiplied(by: fraction(1, 2)) }
        #expect(try large.multiplied(by: fraction(1, .max)) == .one)
        #expect(throws: BillingError.overflow) { try large.negated.adding(Rational(-1)) }
        #expect(throws: BillingError.overflow) { try Rational(Int64.min).multiplied(by: fraction(1 << 64, 1)) }
        #expect(large > large.negated)
        #expect(try fraction(.max - 1, .max) < .one)
    }

    private func random() throws -> Rational {
        // Whole numbers are common, and computed in a shorter way.
        try fraction(.random(in: -100_000...100_000), .random() ? 1 : .random(in: 1...10_000))
    }
}
