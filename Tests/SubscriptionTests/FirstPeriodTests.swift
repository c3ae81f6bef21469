import Billing
import JSONCoding
import Primitives
import Testing

@testable import Subscription

@Suite struct FirstPeriodTests {
    private static func first(
        from start: String, duration: JSONValue = 1, unit: String = "month", price: JSONValue = 50
    ) throws -> FirstPeriod {
        let terms = try PlanTermsTests.terms(price: price, duration: duration, unit: unit)
        return try FirstPeriod(of: terms, from: CalendarDate(start))
    }

    @Test(arguments: [
        ("2026-01-31", 1, "month", "2026-02-28"), ("2024-01-31", 1, "month", "2024-02-29"),
        ("2026-01-31", 3, "months", "2026-04-30"), ("2026-01-31", 6, "months", "2026-07-31"),
        ("2024-02-29", 1, "year", "2025-02-28"), ("2026-12-31", 1, "month", "2027-01-31"),
        ("2026-02-25", 1, "week", "2026-03-04"), ("2026-02-25", 10, "days", "2026-03-07"),
    ])
    func `a period ends where the calendar says`(start: String, duration: Int, unit: String, end: String) throws {
        let first = try Self.first(from: start, duration: .integer(duration), unit: unit)
        #expect(first.period.start.description == start)
        #expect(first.period.end.description == end)
    }

    @Test func `only months and years have an anchor day`() throws {
        #expect(try Self.first(from: "2026-01-31").anchorDay == 31)
        #expect(try Self.first(from: "2024-02-29", unit: "year").anchorDay == 29)
        #expect(try Self.first(from: "2026-01-31", unit: "week").anchorDay == nil)
        #expect(try Self.first(from: "2026-01-31", unit: "day").anchorDay == nil)
    }

    @Test func `one whole cycle costs the price`() throws {
        let first = try Self.first(from: "2026-01-31", price: 150)
        #expect(first.invoice.subtotal.minorUnits == 15_000)
        #expect(first.invoice.total.minorUnits == 15_000)
        #expect(first.invoice.lines.count == 1)
        #expect(first.invoice.lines.first?.description == "Premium, 1 month")
        #expect(first.invoice.lines.first?.period == first.period)
    }

    @Test func `a period beyond the calendar is refused`() {
        #expect(throws: BillingError.dateOutOfRange) {
            try Self.first(from: "2026-01-31", duration: 9999, unit: "years")
        }
    }
}
