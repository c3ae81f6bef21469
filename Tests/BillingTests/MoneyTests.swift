import Billing
import Testing

@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("USD", "50.00", 5000, "50.00"), ("USD", "50", 5000, "50.00"), ("USD", "50.0", 5000, "50.00"),
            ("USD", "-0.05", -5, "-0.05"), ("USD", "0", 0, "0.00"), ("USD", "-0.00", 0, "0.00"),
            ("USD", "0.5", 50, "0.50"),
            ("USD", "50.000000", 5000, "50.00"), ("USD", "1e3", 100_000, "1000.00"), ("USD", "1.5E+1", 1500, "15.00"),
            ("USD", "2500e-2", 2500, "25.00"), ("usd", "1.01", 101, "1.01"), ("JPY", "1000.00", 1000, "1000"),
            ("JPY", "-1", -1, "-1"), ("KWD", "1.005", 1005, "1.005"), ("KWD", "0.001", 1, "0.001"),
            ("CLF", "0.0001", 1, "0.0001"), ("USD", "92233720368547758.07", .max, "92233720368547758.07"),
            ("USD", "-92233720368547758.08", .min, "-92233720368547758.08"), ("USD", "0e999999999999", 0, "0.00"),
            ("USD", "1.00000000000000000000000000000000000000000000000000000000000000", 100, "1.00"),
        ] as [(String, String, Int64, String)])
    func `amounts are read and written exactly`(code: String, text: String, units: Int64, written: String) throws {
        let money = try Money(decimal: text, currency: Currency(code))
        #expect(money.minorUnits == units)
        #expect(money.decimalText == written)
        #expect(money.description == "\(written) \(code.uppercased())")
    }

    @Test(
        arguments: [
            ("", .invalidAmount), ("abc", .invalidAmount), ("1,50", .invalidAmount), ("+1", .invalidAmount),
            (" 1", .invalidAmount), ("1 ", .invalidAmount), ("1.", .invalidAmount), (".5", .invalidAmount),
            ("01", .invalidAmount), ("-", .invalidAmount), ("--1", .invalidAmount), ("1e", .invalidAmount),
            ("1e+", .invalidAmount), ("1.2.3", .invalidAmount), ("NaN", .invalidAmount), ("Infinity", .invalidAmount),
            ("0x10", .invalidAmount), ("1_000", .invalidAmount), ("٣", .invalidAmount), ("1e1.5", .invalidAmount),
            ("0.001", .tooManyDecimals), ("1.005", .tooManyDecimals), ("1e-3", .tooManyDecimals),
            ("1e-99999999999999999999", .tooManyDecimals), ("92233720368547758.08", .overflow),
            ("-92233720368547758.09", .overflow), ("1e20", .overflow), ("1e99999999999999999999", .overflow),
            ("123456789012345678901234567890123456789012345678901", .overflow),
        ] as [(String, BillingError)])
    func `amounts that are not exact are refused`(text: String, error: BillingError) {
        #expect(throws: error) { try usd(text) }
    }

    @Test func `decimals are those of ISO 4217`() throws {
        let exponents = [
            0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
            2: "USD EUR GBP CHF INR MGA BRL ZZZ",
            3: "BHD IQD JOD KWD LYD OMR TND",
            4: "CLF",
        ]
        for (exponent, codes) in exponents {
            for code in codes.split(separator: " ") { #expect(try Currency(String(code)).exponent == exponent) }
        }
        #expect(try Currency("KWD").minorUnitsPerMajor == 1000)
    }

    @Test(arguments: ["", "US", "USDT", "U1D", "us ", "ÄÖÜ", "€", "U\u{301}SD"])
    func `other codes are refused`(code: String) {
        #expect(throws: BillingError.invalidCurrency) { try Currency(code) }
    }

    @Test func `ten dollars are 1000 minor units and ten yen are 10`() throws {
        #expect(try Money(decimal: "10", currency: Currency("USD")).minorUnits == 1000)
        #expect(try Money(decimal: "10", currency: Currency("JPY")).minorUnits == 10)
    }

    @Test func `ten of thirty days cost a third, rounded to the currency`() throws {
        for (code, price, expected) in [("JPY", "1000", "333"), ("KWD", "10.000", "3.333"), ("USD", "10.00", "3.33")] {
            let money = try Money(decimal: price, currency: Currency(code))
            #expect(try money.multiplied(by: fraction(10, 30)).decimalText == expected)
        }
    }

    @Test func `amounts know their decimals`() throws {
        #expect(try Money(decimal: "1.005", currency: Currency("KWD")).decimalText == "1.005")
        #expect(throws: BillingError.tooManyDecimals) { try Money(decimal: "10.50", currency: Currency("JPY")) }
    }

    @Test func `a half is rounded away from zero`() throws {
        for (units, expected) in [(1, 1), (-1, -1), (3, 2), (-3, -2), (5, 3), (0, 0)] as [(Int64, Int64)] {
            let money = try Money(minorUnits: units, currency: Currency("USD"))
            #expect(try money.multiplied(by: fraction(1, 2)).minorUnits == expected)
        }
        #expect(try usd("0.01").multiplied(by: fraction(49, 100)).isZero)
    }

    @Test func `arithmetic is checked`() throws {
        let dollar = try usd("1.00")
        let yen = try Money(minorUnits: 100, currency: Currency("JPY"))
        #expect(try dollar.adding(usd("0.99")).decimalText == "1.99")
        #expect(try dollar.subtracting(usd("1.99")) == usd("-0.99"))
        #expect(try dollar.negated() == usd("-1"))
        #expect(try dollar.multiplied(by: 3) == usd("3.00"))
        #expect(throws: BillingError.currencyMismatch) { try dollar.adding(yen) }
        #expect(throws: BillingError.currencyMismatch) { try dollar.subtracting(yen) }
        let most = Money(minorUnits: .max, currency: dollar.currency)
        let least = Money(minorUnits: .min, currency: dollar.currency)
        #expect(throws: BillingError.overflow) { try most.adding(usd("0.01")) }
        #expect(throws: BillingError.overflow) { try least.subtracting(usd("0.01")) }
        #expect(throws: BillingError.overflow) { try least.negated() }
        #expect(throws: BillingError.overflow) { try most.multiplied(by: 2) }
        #expect(throws: BillingError.overflow) { try most.multiplied(by: fraction(3, 2)) }
        #expect(try most.multiplied(by: fraction(1, 1)) == most)
        #expect(try least.multiplied(by: fraction(1, 1)) == least)
        #expect(try Money.sum([dollar, dollar], in: dollar.currency) == usd("2.00"))
        #expect(try Money.sum([], in: dollar.currency).isZero)
        #expect(throws: BillingError.currencyMismatch) { try Money.sum([dollar, yen], in: dollar.currency) }
    }

    @Test func `amounts survive their text`() throws {
        for code in ["USD", "JPY", "KWD", "CLF"] {
            for _ in 0..<500 {
                let money = try Money(minorUnits: .random(in: .min ... .max), currency: Currency(code))
                #expect(try Money(decimal: money.decimalText, currency: money.currency) == money)
            }
        }
    }
}
