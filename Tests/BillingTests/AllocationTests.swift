import Billing
import Testing

@Suite struct AllocationTests {
    @Test(
        arguments: [
            (1000, [1, 1, 1], [334, 333, 333]), (1000, [1, 2, 1], [250, 500, 250]), (100, [1, 1, 4], [17, 17, 66]),
            (-1000, [1, 1, 1], [-334, -333, -333]), (0, [1, 2], [0, 0]), (5, [0, 1, 0], [0, 5, 0]), (7, [3], [7]),
            // Rounding took two too much; the first two give it back rather than one going below zero.
            (2, [1, 1, 1, 1], [0, 0, 1, 1]), (1, [1, 1, 1], [1, 0, 0]), (-2, [1, 1, 1, 1], [0, 0, -1, -1]),
        ] as [(Int64, [Int64], [Int64])])
    func `the remainder goes to the largest weight`(units: Int64, weights: [Int64], expected: [Int64]) throws {
        let money = try Money(minorUnits: units, currency: Currency("USD"))
        #expect(try money.allocate(by: weights).map(\.minorUnits) == expected)
    }

    @Test func `other weights are refused`() throws {
        for weights in [[], [0], [0, 0], [-1, 2]] as [[Int64]] {
            #expect(throws: BillingError.invalidShares) { try usd("1.00").allocate(by: weights) }
        }
    }

    @Test func `the parts always add up and keep the sign`() throws {
        for _ in 0..<3_000 {
            let small = Bool.random()
            let units = Int64.random(in: small ? -50...50 : .min ... .max)
            let weights = (0..<Int.random(in: 1...12)).map { _ in Int64.random(in: small ? 0...5 : 1 ... .max) } + [1]
            let money = try Money(minorUnits: units, currency: Currency("USD"))
            let parts = try money.allocate(by: weights)
            #expect(parts.reduce(Int128(0)) { $0 + Int128($1.minorUnits) } == Int128(units))
            #expect(parts.allSatisfy { $0.minorUnits.signum() * units.signum() >= 0 })
            #expect(zip(parts, weights).allSatisfy { $1 > 0 || $0.isZero })
        }
    }

    @Test func `the parts of a period add up to its price`() throws {
        for _ in 0..<1_000 {
            let schedule = try BillingSchedule(cycle: BillingCycle(.random(in: 1...12), .month), anchor: randomDate())
            let whole = try schedule.period(.random(in: -3...3))
            let cuts = Set((0..<Int.random(in: 0...5)).map { _ in Int.random(in: 1..<whole.days) }).sorted()
            let price = try Money(minorUnits: .random(in: 0...1_000_000), currency: Currency("USD"))
            let parts = try price.split(over: whole, at: cuts.map { try whole.start.adding(days: $0) })
            #expect(try Money.sum(parts.map(\.amount), in: price.currency) == price)
            #expect(parts.first?.period.start == whole.start && parts.last?.period.end == whole.end)
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.period.end == $1.period.start })
        }
    }

    @Test func `cuts must lie within the period in order`() throws {
        let whole = try period("2026-01-01", "2026-02-01")
        for cuts in [
            ["2026-01-01"], ["2026-02-01"], ["2025-12-31"], ["2026-01-10", "2026-01-09"], ["2026-01-10", "2026-01-10"],
        ] {
            #expect(throws: BillingError.outsidePeriod) {
                try usd("1").split(over: whole, at: cuts.map { try date($0) })
            }
        }
    }
}
