package import Primitives

/// A date of the proleptic Gregorian calendar in the years 1...9999: a day as people name it, without time or zone.
package struct CalendarDate: Sendable, Hashable {
    /// Days since 1970-01-01; negative before it.
    package let daysSince1970: Int

    private static let range = -719_162...2_932_896

    /// The date of a year, month and day.
    ///
    /// - Throws: `.invalidDate` when the calendar has no such day, `.dateOutOfRange` outside the years 1...9999.
    package init(year: Int, month: Int, day: Int) throws(BillingError) {
        guard (1...9999).contains(year) else { throw .dateOutOfRange }
        guard (1...12).contains(month), (1...GregorianCalendar.daysInMonth(year: year, month: month)).contains(day)
        else { throw .invalidDate }
        daysSince1970 = GregorianCalendar.days(year: year, month: month, day: day)
    }

    /// The date that lies that many days after 1970-01-01. Throws `.dateOutOfRange`.
    package init(daysSince1970: Int) throws(BillingError) {
        guard CalendarDate.range.contains(daysSince1970) else { throw .dateOutOfRange }
        self.daysSince1970 = daysSince1970
    }

    /// The date in UTC of an instant; the first or last possible date for an instant beyond them.
    package init(of instant: Timestamp) {
        let seconds = Int(instant.seconds)
        let days = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400
        daysSince1970 = min(max(days, CalendarDate.range.lowerBound), CalendarDate.range.upperBound)
    }

    /// Reads exactly `2026-01-31`.
    ///
    /// - Throws: `.invalidDate`, `.dateOutOfRange` for the year 0000.
    package init(_ text: String) throws(BillingError) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else {
            throw .invalidDate
        }
        func number(_ digits: ArraySlice<UInt8>) throws(BillingError) -> Int {
            var value = 0
            for digit in digits {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .invalidDate }
                value = value * 10 + Int(digit - UInt8(ascii: "0"))
            }
            return value
        }
        try self.init(year: number(bytes[..<4]), month: number(bytes[5..<7]), day: number(bytes[8...]))
    }

    private var components: (year: Int, month: Int, day: Int) { GregorianCalendar.date(days: daysSince1970) }

    /// 1...9999.
    package var year: Int { components.year }

    /// 1...12.
    package var month: Int { components.month }

    /// 1...31.
    package var day: Int { components.day }

    /// Midnight UTC at which the date begins.
    package var startOfDay: Timestamp { Timestamp(seconds: Int64(daysSince1970) * 86_400) }
}

// MARK: Arithmetic

extension CalendarDate {
    /// Days from this date to the other; negative when the other is earlier.
    package func days(until other: CalendarDate) -> Int {
        other.daysSince1970 - daysSince1970
    }

    /// The date that many days later (earlier when negative). Throws `.dateOutOfRange`.
    package func adding(days: Int) throws(BillingError) -> CalendarDate {
        let (sum, overflow) = daysSince1970.addingReportingOverflow(days)
        guard !overflow else { throw .dateOutOfRange }
        return try CalendarDate(daysSince1970: sum)
    }

    /// The same day of the month that many months later, or the last day of that month when it is shorter.
    ///
    /// Repeating this loses the day (31 Jan, 28 Feb, 28 Mar); `BillingSchedule` keeps it. Throws `.dateOutOfRange`.
    package func adding(months: Int) throws(BillingError) -> CalendarDate {
        let (year, month, day) = components
        let (sum, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !overflow else { throw .dateOutOfRange }
        return try CalendarDate(monthNumber: sum, day: day)
    }

    /// The same date that many years later; 29 February becomes the 28th in a common year. Throws `.dateOutOfRange`.
    package func adding(years: Int) throws(BillingError) -> CalendarDate {
        let (months, overflow) = years.multipliedReportingOverflow(by: 12)
        guard !overflow else { throw .dateOutOfRange }
        return try adding(months: months)
    }

    /// Months since January of the year 0.
    var monthNumber: Int { year * 12 + month - 1 }

    /// The given day, or the last one before it, of the month with that number.
    init(monthNumber: Int, day: Int) throws(BillingError) {
        guard (12..<120_000).contains(monthNumber) else { throw .dateOutOfRange }
        let (year, month) = monthNumber.quotientAndRemainder(dividingBy: 12)
        let lastDay = GregorianCalendar.daysInMonth(year: year, month: month + 1)
        try self.init(year: year, month: month + 1, day: min(day, lastDay))
    }
}

extension CalendarDate: Comparable {
    package static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSince1970 < right.daysSince1970
    }
}

extension CalendarDate: CustomStringConvertible {
    /// `2026-01-31`.
    package var description: String {
        let (year, month, day) = components
        return GregorianCalendar.text(year: year, month: month, day: day)
    }
}
