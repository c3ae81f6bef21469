import JSONCoding
import Testing

@testable import Subscription

@Suite struct MinorUnitsTests {
    private func minorUnits(_ literal: String) throws -> Int64? {
        JSONValue.number(try #require(JSONNumber(literal: literal))).minorUnits
    }

    @Test func `whole numbers are exact, however they are written`() throws {
        for _ in 0..<5_000 {
            let units = Int64.random(in: Int64.min / 10...Int64.max / 10)
            for literal in ["\(units)", "\(units).0", "\(units)e0", "\(units)0e-1", "\(units).000E+0"] {
                #expect(try minorUnits(literal) == units, "\(literal)")
            }
        }
        for units in [Int64.min, .max, 0] { #expect(try minorUnits("\(units)") == units) }
    }

    @Test func `a price times a hundred in floating point is a whole number`() throws {
        for _ in 0..<20_000 {
            let units = Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000) >> Int64.random(in: 0...45)
            let price = try #require(Double("\(units)e-2"))
            #expect(try minorUnits("\(price * 100)") == units, "\(price) * 100")
        }
    }

    @Test func `a part of a minor unit is never rounded`() throws {
        for _ in 0..<5_000 {
            let units = Int64.random(in: 0...100_000_000_000)
            let part = String("000\(Int.random(in: 1...999))".suffix(3))
            #expect(try minorUnits("\(units).\(part)") == nil, "\(units).\(part)")
            #expect(try minorUnits("-\(units).\(part)") == nil, "-\(units).\(part)")
        }
        #expect(
            try minorUnits("1e-30") == nil && minorUnits("1e400") == nil && minorUnits("9223372036854775808") == nil)
    }
}
