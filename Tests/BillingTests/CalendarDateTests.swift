import Billing
import Foundation
import Primitives
import Testing

@Suite struct CalendarDateTests {
    @Test func `dates are read and written`() throws {
        let day = try date("2024-02-29")
        #expect((day.year, day.month, day.day) == (2024, 2, 29))
        #expect(day.description == "2024-02-29")
        #expect(try CalendarDate(year: 1, month: 1, day: 1).description == "0001-01-01")
        #expect(try CalendarDate(year: 9999, month: 12, day: 31).description == "9999-12-31")
        #expect(try date("1970-01-01").daysSince1970 == 0)
    }

    @Test(arguments: [
        "", "2024", "2024-2-29", "2023-02-29", "2024-13-01", "2024-00-01", "2024-04-31", "2024-01-00", "2024/01/01",
        "20240101", "2024-01-01T00:00:00Z", " 2024-01-01", "2024-01-1a", "-024-01-01", "+024-01-01", "２024-01-01",
    ])
    func `any other text is refused`(text: String) {
        #expect(throws: BillingError.invalidDate) { try CalendarDate(text) }
    }

    @Test func `dates stay within the years 1 to 9999`() throws {
        #expect(throws: BillingError.dateOutOfRange) { try CalendarDate("0000-12-31") }
        #expect(throws: BillingError.dateOutOfRange) { try CalendarDate(year: 10_000, month: 1, day: 1) }
        let last = try date("9999-12-31")
        #expect(throws: BillingError.dateOutOfRange) { try last.adding(days: 1) }
        #expect(throws: BillingError.dateOutOfRange) { try last.adding(months: 1) }
        #expect(throws: BillingError.dateOutOfRange) { try last.adding(years: 1) }
        for far in [Int.max, Int.min] {
            #expect(throws: BillingError.dateOutOfRange) { try last.adding(days: far) }
            #expect(throws: BillingError.dateOutOfRange) { try last.adding(months: far) }
            #expect(throws: BillingError.dateOutOfRange) { try last.adding(years: far) }
            #expect(throws: BillingError.dateOutOfRange) { try CalendarDate(daysSince1970: far) }
        }
        let first = try date("0001-01-01")
        #expect(try first.adding(days: last.daysSince1970 - first.daysSince1970) == last)
        #expect(throws: BillingError.dateOutOfRange) { try first.adding(days: -1) }
        #expect(throws: BillingError.dateOutOfRange) { try first.adding(months: -1) }
    }

    @Test(arguments: [
        ("2026-01-31", 1, "2026-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2026-01-31", 2, "2026-03-31"),
        ("2026-01-31", 3, "2026-04-30"), ("2026-03-31", -1, "2026-02-28"), ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-15", -1, "2025-12-15"), ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"),
        ("2026-05-31", 0, "2026-05-31"), ("2024-02-29", -12, "2023-02-28"),
    ])
    func `adding months clamps to the last day`(start: String, months: Int, expected: String) throws {
        #expect(try date(start).adding(months: months) == date(expected))
    }

    @Test func `adding years clamps to the last day`() throws {
        #expect(try date("2024-02-29").adding(years: 1) == date("2025-02-28"))
        #expect(try date("2024-02-29").adding(years: 4) == date("2028-02-29"))
        #expect(try date("1900-02-28").adding(years: -1) == date("1899-02-28"))
    }

    @Test func `days are counted`() throws {
        #expect(try date("2010-11-13").days(until: date("2011-02-13")) == 92)
        #expect(try date("2024-02-28").days(until: date("2024-03-01")) == 2)
        #expect(try date("2023-03-01").days(until: date("2023-02-28")) == -1)
        #expect(try date("2026-01-01").adding(days: -1) == date("2025-12-31"))
        #expect(try date("2026-01-01") < date("2026-01-02"))
    }

    @Test func `the date of an instant is its date in UTC`() throws {
        for (instant, expected) in [
            ("2026-01-05T00:00:00Z", "2026-01-05"), ("2026-01-05T23:59:59.999999Z", "2026-01-05"),
            ("2026-01-05T23:30:00-01:00", "2026-01-06"), ("1969-12-31T23:59:59.999999Z", "1969-12-31"),
            ("1900-03-01T00:00:00Z", "1900-03-01"),
        ] {
            let timestamp = try #require(Timestamp(iso8601: instant))
            #expect(try CalendarDate(of: timestamp) == date(expected))
        }
        #expect(try CalendarDate(of: Timestamp(microseconds: .max)) == date("9999-12-31"))
        #expect(try CalendarDate(of: Timestamp(microseconds: .min)) == date("0001-01-01"))
        #expect(try date("2026-01-05").startOfDay == Timestamp(iso8601: "2026-01-05"))
    }

    /// Foundation is no oracle for months: on Linux it takes 243 months from 2008-05-29 to 1988-02-28.
    @Test func `adding months moves the month and keeps the day, or takes the last one`() throws {
        for _ in 0..<2_000 {
            let day = try randomDate()
            let months = Int.random(in: -400...400)
            let moved = try day.adding(months: months)
            #expect(moved.year * 12 + moved.month == day.year * 12 + day.month + months)
            let isLastOfMonth = try moved.adding(days: 1).day == 1
            #expect(moved.day == day.day || (isLastOfMonth && moved.day < day.day))
        }
    }

    @Test func `dates agree with Foundation's calendar`() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for _ in 0..<1_000 {
            let day = try randomDate()
            let theirs = Date(timeIntervalSince1970: Double(day.daysSince1970) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: theirs)
            #expect(parts.year == day.year && parts.month == day.month && parts.day == day.day)
            #expect(try date(day.description) == day)
        }
    }
}
