import Testing

@testable import Primitives

@Suite struct DecimalNumberTests {
    @Test(
        arguments: [
            ("0", [], 0), ("-0.00", [], 0), ("12.50", [1, 2, 5], -1), ("1200", [1, 2], 2), ("0.001", [1], -3),
            ("1.5e3", [1, 5], 2), ("15E-1", [1, 5], -1), ("100e+2", [1], 4), ("0e7", [], 0),
            ("1e99999999999", [1], 1_000_000_000),
        ] as [(String, [UInt8], Int)])
    func `the parts of the text are read`(text: String, digits: [UInt8], exponent: Int) {
        #expect(DecimalNumber(text)?.digits == digits)
        #expect(DecimalNumber(text)?.exponent == exponent)
        #expect(DecimalNumber(text)?.isNegative == text.hasPrefix("-"))
    }

    @Test(arguments: [
        "", "-", "+1", "01", "00", "-01", "1.", ".1", "1.e1", "1e", "1e+", "1e1.0", "NaN", "inf", "1 ", "--1", "1-",
    ])
    func `any other text is refused`(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test func `what Swift writes is read`() {
        for _ in 0..<2_000 {
            let value = Double(bitPattern: .random(in: 0 ... .max))
            #expect((DecimalNumber(value.description) != nil) == value.isFinite)
        }
    }
}
