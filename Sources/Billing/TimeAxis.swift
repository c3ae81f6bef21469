package import Primitives

/// How finely time is billed (policy P1).
package enum Granularity: String, Sendable, Hashable, CaseIterable {
    /// Days of the subscriber's calendar.
    case day
    /// Seconds.
    case second
}

/// The line on which a scenario happens: whole days, or seconds, of one time zone.
///
/// A position is a number of days since 1970-01-01 or of seconds since then. Arithmetic of months and days is that of the
/// local calendar, so that a day on which clocks change has 23 or 25 hours.
package struct TimeAxis: Sendable, Hashable {
    /// Days or seconds.
    package let granularity: Granularity
    /// The time zone of the subscriber.
    package let zone: ZoneRules

    /// Days or seconds of a time zone.
    package init(_ granularity: Granularity, in zone: ZoneRules) {
        self.granularity = granularity
        self.zone = zone
    }

    /// Positions in a day without a change of the clocks.
    var dayLength: Int { granularity == .day ? 1 : 86_400 }

    /// The position at which clocks show a second of a date; that of the date itself in days.
    package func position(of date: CalendarDate, second: Int = 0) -> Int {
        switch granularity {
        case .day: date.daysSince1970
        case .second: Int(zone.instant(of: date, second: second))
        }
    }

    /// The position of an instant: in days, that of its local date. Throws `.dateOutOfRange`.
    package func position(of instant: Timestamp) throws(BillingError) -> Int {
        switch granularity {
        case .day: try zone.date(at: instant).daysSince1970
        case .second: Int(instant.seconds)
        }
    }

    /// The local date, and the second of it, at a position. Throws `.dateOutOfRange`.
    package func local(_ position: Int) throws(BillingError) -> (date: CalendarDate, second: Int) {
        switch granularity {
        case .day: (try CalendarDate(daysSince1970: position), 0)
        case .second: try zone.local(at: Int64(position))
        }
    }

    /// The same time of the day that many days later. Throws `.dateOutOfRange`.
    func adding(days: Int, to position: Int) throws(BillingError) -> Int {
        let (date, second) = try local(position)
        return try self.position(of: date.adding(days: days), second: second)
    }

    /// The text of a position: a date, or an instant in UTC such as `2024-01-31T10:00:00Z`.
    package func text(_ position: Int) -> String {
        switch granularity {
        case .day: return (try? CalendarDate(daysSince1970: position))?.description ?? ""
        case .second:
            let text = Timestamp(seconds: Int64(position)).description
            return text.hasSuffix(".000Z") ? text.dropLast(5) + "Z" : text
        }
    }

    /// The length as though every month had 30 days: 30 for every month, and the difference of the days of the month,
    /// where 31 counts as 30. Throws `.dateOutOfRange`.
    func lengthOfThirtyDayMonths(from start: Int, to end: Int) throws(BillingError) -> Int {
        let ((first, firstSecond), (last, lastSecond)) = (try local(start), try local(end))
        let days = (last.monthNumber - first.monthNumber) * 30 + min(last.day, 30) - min(first.day, 30)
        return granularity == .day ? days : days * 86_400 + lastSecond - firstSecond
    }
}
