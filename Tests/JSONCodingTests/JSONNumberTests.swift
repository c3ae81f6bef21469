import JSONCoding
import Testing

@Suite struct JSONNumberTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("7.0", 7), ("70e-1", 7), ("0.7e1", 7), ("-12.300e1", -123), ("1e3", 1000),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0e999999999999999999999", 0),
            ("0.000", 0), ("1000000000000000000000e-3", 1_000_000_000_000_000_000),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil), ("0.5", nil), ("7.01", nil),
            ("1e-1", nil), ("1e400", nil), ("1e-99999999999999999999", nil), ("1e99999999999999999999", nil),
        ] as [(String, Int64?)])
    func `whole numbers are recognized however they are written`(literal: String, expected: Int64?) throws {
        let number = try #require(JSONNumber(literal: literal))
        #expect(number.int64 == expected)
    }

    @Test func `integers are recognized`() {
        for literal in ["1", "1.0", "1e2", "0", "-5.00", "120e-1", "123456789012345678901234567890"] {
            #expect(JSONNumber(literal: literal)?.isInteger == true)
        }
        for literal in ["0.1", "1.5", "1e-1", "12e-2", "123456789012345678901234567890.5"] {
            #expect(JSONNumber(literal: literal)?.isInteger == false)
        }
    }

    @Test func `only numbers are accepted`() {
        for literal in [
            "", "-", "01", "1.", ".1", "+1", "1e", "1e+", "NaN", "Infinity", "0x10", "1 ", " 1", "1,0", "٣",
        ] {
            #expect(JSONNumber(literal: literal) == nil)
        }
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(-Double.infinity) == nil)
        #expect(JSONNumber(0.1)?.literal == "0.1")
        #expect(JSONNumber(UInt64.max).literal == "18446744073709551615")
    }

    @Test func `doubles are the nearest ones`() {
        #expect(JSONNumber(literal: "0.1")?.double == 0.1)
        #expect(JSONNumber(literal: "9007199254740993")?.double == 9_007_199_254_740_992)
        #expect(JSONNumber(literal: "1e400")?.double == .infinity)
        #expect(JSONNumber(literal: "-1e400")?.double == -.infinity)
        #expect(JSONNumber(literal: "1e-400")?.double == 0)
    }
}
