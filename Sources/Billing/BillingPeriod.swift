/// The days from `start` up to, not including, `end`.
package struct BillingPeriod: Sendable, Hashable, CustomStringConvertible {
    /// The first day.
    package let start: CalendarDate
    /// The day after the last one.
    package let end: CalendarDate

    /// The days from `start` up to, not including, `end`. Throws `.invalidPeriod` unless there is at least one.
    package init(start: CalendarDate, end: CalendarDate) throws(BillingError) {
        guard start < end else { throw .invalidPeriod }
        self.start = start
        self.end = end
    }

    /// The last day.
    package var lastDay: CalendarDate { (try? end.adding(days: -1)) ?? end }

    /// The number of days, at least 1.
    package var days: Int { start.days(until: end) }

    /// Whether the date is one of the days.
    package func contains(_ date: CalendarDate) -> Bool { start <= date && date < end }

    /// The days that both periods contain; nil if they do not overlap.
    package func intersection(_ other: BillingPeriod) -> BillingPeriod? {
        try? BillingPeriod(start: max(start, other.start), end: min(end, other.end))
    }

    /// The part of this period that the given one makes up, by days: 12/31.
    ///
    /// - Throws: `.outsidePeriod` when it does not lie within this one.
    package func share(of part: BillingPeriod) throws(BillingError) -> Rational {
        guard start <= part.start, part.end <= end else { throw .outsidePeriod }
        return try Rational(Int128(part.days), Int128(days))
    }

    /// `[2026-01-31, 2026-02-28)`.
    package var description: String { "[\(start), \(end))" }
}
