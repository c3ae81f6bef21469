/// The dates at which one billing period follows another, in both directions without end.
///
/// Each date is computed from the anchor, never from the date before it, so that the anchor's day returns after a short
/// month: 31 Jan, 28 Feb, 31 Mar.
package struct BillingSchedule: Sendable, Hashable {
    /// The length of the periods.
    package let cycle: BillingCycle
    /// Where the period with index 0 starts.
    private let anchor: Anchor

    private enum Anchor: Hashable {
        case date(CalendarDate, days: Int)
        case dayOfMonth(Int, monthNumber: Int, months: Int)
    }

    /// Periods that start at the date and every cycle before and after it.
    package init(cycle: BillingCycle, anchor date: CalendarDate) {
        self.cycle = cycle
        if let months = cycle.months {
            anchor = .dayOfMonth(date.day, monthNumber: date.monthNumber, months: months)
        } else {
            anchor = .date(date, days: cycle.days ?? 1)
        }
    }

    /// Periods that start on a day of the month, so that the first whole one starts on or after the given date.
    ///
    /// With a start on 30 April and the 31st as anchor day, the first period is that from 30 April to 31 May: in a
    /// shorter month the last day takes the place of the anchor day.
    ///
    /// - Parameters:
    ///   - cycle: of months or years.
    ///   - start: the first day of service; the days before the first whole period are a part of the one before it.
    ///   - anchorDay: 1...31.
    /// - Throws: `.invalidAnchorDay`.
    package init(cycle: BillingCycle, start: CalendarDate, anchorDay: Int) throws(BillingError) {
        guard let months = cycle.months, (1...31).contains(anchorDay) else { throw .invalidAnchorDay }
        self.cycle = cycle
        anchor = .dayOfMonth(anchorDay, monthNumber: start.monthNumber, months: months)
    }

    /// The start of the period with the given index, which may be negative. Throws `.dateOutOfRange`.
    package func boundary(_ index: Int) throws(BillingError) -> CalendarDate {
        switch anchor {
        case .date(let date, let days):
            let (distance, overflow) = days.multipliedReportingOverflow(by: index)
            guard !overflow else { throw .dateOutOfRange }
            return try date.adding(days: distance)
        case .dayOfMonth(let day, let monthNumber, let months):
            let (distance, overflow) = months.multipliedReportingOverflow(by: index)
            let (number, sumOverflow) = monthNumber.addingReportingOverflow(distance)
            guard !overflow, !sumOverflow else { throw .dateOutOfRange }
            return try CalendarDate(monthNumber: number, day: day)
        }
    }

    /// The period with the given index, which may be negative. Throws `.dateOutOfRange`.
    package func period(_ index: Int) throws(BillingError) -> BillingPeriod {
        try BillingPeriod(start: boundary(index), end: boundary(index + 1))
    }

    /// The index of the period that the date lies in. Throws `.dateOutOfRange`.
    package func index(containing date: CalendarDate) throws(BillingError) -> Int {
        switch anchor {
        case .date(let first, let days):
            return BillingSchedule.floorDivide(first.days(until: date), days)
        case .dayOfMonth(_, let monthNumber, let months):
            let index = BillingSchedule.floorDivide(date.monthNumber - monthNumber, months)
            return try boundary(index) <= date ? index : index - 1
        }
    }

    /// The whole period that the date lies in. Throws `.dateOutOfRange`.
    package func period(containing date: CalendarDate) throws(BillingError) -> BillingPeriod {
        try period(index(containing: date))
    }

    /// The first date, on or after the given one, at which a period starts. Throws `.dateOutOfRange`.
    package func firstBoundary(onOrAfter date: CalendarDate) throws(BillingError) -> CalendarDate {
        let index = try index(containing: date)
        let start = try boundary(index)
        return start == date ? start : try boundary(index + 1)
    }

    private static func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
