import Billing
import Primitives
import Testing

@Suite struct BillingCycleTests {
    @Test(
        arguments: [
            ("day", .day), ("days", .day), ("Week", .week), ("WEEKS", .week), ("month", .month), ("Months", .month),
            ("year", .year), ("years", .year),
        ] as [(String, BillingCycle.Unit)])
    func `units are read`(text: String, unit: BillingCycle.Unit) throws {
        #expect(try BillingCycle.Unit(text) == unit)
    }

    @Test(arguments: [
        "", "quarter", "wee\u{212A}", "month\u{17F}", "monthly", "m", "mon", "monthss", " month", "month ", "hours",
        "s", "日",
    ])
    func `other units are refused`(text: String) {
        #expect(throws: BillingError.invalidCycleUnit) { try BillingCycle.Unit(text) }
        #expect(throws: BillingError.invalidCycleUnit) { try BillingCycle(duration: 1, durationUnit: text) }
    }

    @Test(arguments: [0, -1, 10_000, .max, .min])
    func `other durations are refused`(count: Int) {
        #expect(throws: BillingError.invalidCycleDuration) { try BillingCycle(count, .month) }
    }

    @Test func `a cycle describes itself`() throws {
        #expect(try BillingCycle(duration: 3, durationUnit: "Months").description == "3 months")
        #expect(BillingCycle.weekly.description == "1 week")
        #expect(try BillingCycle(duration: 3, durationUnit: "months") == .quarterly)
    }
}
