import Billing
import Testing

/// Where periods begin and end: anchor days, short months, leap years, quarters.
@Suite struct BillingScheduleTests {
    private func starts(_ cycle: BillingCycle, anchor: String, count: Int) throws -> [String] {
        let schedule = try BillingSchedule(cycle: cycle, anchor: date(anchor))
        return try (0..<count).map { try schedule.boundary($0).description }
    }

    @Test func `the anchor day returns after a short month`() throws {
        #expect(
            try starts(.monthly, anchor: "2026-01-31", count: 5)
                == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"])
        #expect(try starts(.monthly, anchor: "2028-01-31", count: 2).last == "2028-02-29")
    }

    @Test func `the day after an inclusive end is the next start`() throws {
        let schedule = try BillingSchedule(cycle: .monthly, anchor: date("2024-01-31"))
        let inclusiveEnds = try (0..<3).map { try schedule.period($0).end.adding(days: -1).description }
        #expect(inclusiveEnds == ["2024-02-28", "2024-03-30", "2024-04-29"])
        #expect(
            try starts(.monthly, anchor: "2024-01-31", count: 4)
                == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"])
    }

    @Test func `a year stays a year`() throws {
        #expect(try starts(.yearly, anchor: "2024-01-31", count: 2) == ["2024-01-31", "2025-01-31"])
        let yearly = try charge("120.00", .yearly, start: "2024-01-31")
        #expect(try yearly.lines(dueIn: period("2024-02-01", "2025-01-31")).isEmpty)
        #expect(try yearly.lines(dueIn: period("2024-02-01", "2025-02-01")).count == 1)
    }

    @Test func `the last day of a short month stands for the anchor day`() throws {
        let schedule = try BillingSchedule(cycle: .monthly, start: date("2012-04-30"), anchorDay: 31)
        #expect(try schedule.period(containing: date("2012-04-30")) == period("2012-04-30", "2012-05-31"))
    }

    @Test(
        arguments: [
            ("A8", "2012-01-31", 30, "2012-02-29", "2013-01-30"), ("A9", "2012-02-16", 14, "2012-03-14", "2013-02-14"),
            ("A10", "2012-07-16", 15, "2012-08-15", nil), ("A11", "2012-03-03", 3, "2012-03-03", nil),
            ("A11", "2012-03-04", 3, "2012-04-03", nil), ("A11", "2012-03-02", 3, "2012-03-03", nil),
        ] as [(String, String, Int, String, String?)])
    func `the first period starts on the first anchor day on or after the start`(
        row: String, start: String, anchorDay: Int, monthly: String, yearly: String?
    ) throws {
        func first(_ cycle: BillingCycle) throws -> CalendarDate {
            try BillingSchedule(cycle: cycle, start: date(start), anchorDay: anchorDay)
                .firstBoundary(onOrAfter: date(start))
        }
        #expect(try first(.monthly) == date(monthly), "\(row)")
        if let yearly { #expect(try first(.yearly) == date(yearly), "\(row)") }
    }

    @Test func `the leap day returns`() throws {
        #expect(
            try starts(.yearly, anchor: "2024-02-29", count: 5)
                == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"])
    }

    @Test func `quarters and half-years are months`() throws {
        let quarterly = try BillingCycle(duration: 3, durationUnit: "months")
        let halfYearly = try BillingCycle(duration: 6, durationUnit: "months")
        #expect(try starts(quarterly, anchor: "2026-01-31", count: 2).last == "2026-04-30")
        #expect(try starts(halfYearly, anchor: "2026-01-31", count: 2).last == "2026-07-31")
    }

    @Test func `anchor days are for months and years`() throws {
        let start = try date("2026-01-01")
        for day in [0, 32, -1] {
            #expect(throws: BillingError.invalidAnchorDay) {
                try BillingSchedule(cycle: .monthly, start: start, anchorDay: day)
            }
        }
        #expect(throws: BillingError.invalidAnchorDay) {
            try BillingSchedule(cycle: .weekly, start: start, anchorDay: 1)
        }
    }

    @Test func `periods follow each other without gaps and contain their dates`() throws {
        for _ in 0..<500 {
            let schedule = try BillingSchedule(cycle: randomCycle(), anchor: randomDate())
            for index in -5..<30 {
                let period = try schedule.period(index)
                #expect(try schedule.boundary(index + 1) == period.end)
                #expect(try schedule.index(containing: period.start) == index)
                #expect(try schedule.index(containing: period.end.adding(days: -1)) == index)
                #expect(try schedule.firstBoundary(onOrAfter: period.start) == period.start)
                if period.days > 1 {
                    #expect(try schedule.firstBoundary(onOrAfter: period.start.adding(days: 1)) == period.end)
                }
            }
        }
    }

    @Test func `the anchor day is permanent`() throws {
        for _ in 0..<500 {
            let anchor = try randomDate()
            let schedule = try BillingSchedule(cycle: BillingCycle(.random(in: 1...13), .month), anchor: anchor)
            for index in 0..<40 {
                let boundary = try schedule.boundary(index)
                let isLastOfMonth = try boundary.adding(days: 1).day == 1
                #expect(boundary.day == anchor.day || (isLastOfMonth && boundary.day < anchor.day))
            }
        }
    }

    @Test func `the end of the calendar is an error`() throws {
        let schedule = try BillingSchedule(cycle: BillingCycle(9999, .year), anchor: date("2026-01-01"))
        #expect(throws: BillingError.dateOutOfRange) { try schedule.boundary(1) }
        #expect(throws: BillingError.dateOutOfRange) { try schedule.boundary(.max) }
        let daily = try BillingSchedule(cycle: BillingCycle(1, .day), anchor: date("2026-01-01"))
        #expect(throws: BillingError.dateOutOfRange) { try daily.boundary(.min) }
    }

    @Test func `periods have at least a day`() throws {
        let day = try date("2026-01-01")
        #expect(throws: BillingError.invalidPeriod) { try BillingPeriod(start: day, end: day) }
        #expect(throws: BillingError.invalidPeriod) { try BillingPeriod(start: day, end: day.adding(days: -1)) }
        let january = try period("2026-01-01", "2026-02-01")
        #expect(january.days == 31)
        #expect(january.contains(day))
        #expect(try !january.contains(date("2026-02-01")))
        #expect(try january.intersection(period("2026-01-20", "2026-03-01")) == period("2026-01-20", "2026-02-01"))
        #expect(try january.intersection(period("2026-02-01", "2026-03-01")) == nil)
        #expect(try january.share(of: period("2026-01-31", "2026-02-01")) == fraction(1, 31))
        #expect(throws: BillingError.outsidePeriod) { try january.share(of: period("2026-01-31", "2026-02-02")) }
        #expect(january.description == "[2026-01-01, 2026-02-01)")
    }
}
