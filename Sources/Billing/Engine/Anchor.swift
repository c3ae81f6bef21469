/// Where the periods of one interval begin, on the axis.
struct Boundaries: Hashable {
    let schedule: BillingSchedule
    /// The second of the day at which they begin.
    let second: Int
    let axis: TimeAxis

    func position(_ index: Int) throws(BillingError) -> Int {
        axis.position(of: try schedule.boundary(index), second: second)
    }

    func index(containing position: Int) throws(BillingError) -> Int {
        let index = try schedule.index(containing: axis.local(position).date)
        if try self.position(index) > position { return index - 1 }
        return try self.position(index + 1) <= position ? index + 1 : index
    }

    /// The boundary that lies so many periods after a position; one on a boundary counts from there.
    func boundary(_ periods: Int, after position: Int) throws(BillingError) -> Int {
        try self.position(index(containing: position) + periods)
    }
}

/// The anchor with what its rule was counted from.
struct Anchor: Hashable {
    private enum Base: Hashable {
        case date(CalendarDate, second: Int)
        case day(Int, near: CalendarDate)
        case calendar(CalendarDate)
    }

    private let base: Base

    /// - Parameter position: the first paid position, or where a change of the anchor counts from.
    init(_ rule: AnchorRule, from position: Int, on axis: TimeAxis) throws(BillingError) {
        let (date, second) = try axis.local(position)
        switch rule {
        case .start: base = .date(date, second: second)
        case .day(let day): base = .day(day, near: date)
        case .date(let date): base = .date(date, second: 0)
        case .weekday(let weekday):
            // After the time of a day has passed, it is the same weekday of the next week.
            let first = second > 0 ? try date.adding(days: 1) : date
            base = .date(try first.adding(days: (weekday - first.weekday + 7) % 7), second: 0)
        case .calendar: base = .calendar(date)
        }
    }

    func boundaries(of cycle: BillingCycle, on axis: TimeAxis) throws(BillingError) -> Boundaries {
        switch base {
        case .date(let date, let second):
            return Boundaries(schedule: BillingSchedule(cycle: cycle, anchor: date), second: second, axis: axis)
        case .day(let day, let date):
            let schedule: BillingSchedule
            if cycle.months != nil {
                schedule = try BillingSchedule(cycle: cycle, start: date, anchorDay: day)
            } else {
                schedule = BillingSchedule(
                    cycle: cycle, anchor: try CalendarDate(monthNumber: date.monthNumber, day: day))
            }
            return Boundaries(schedule: schedule, second: 0, axis: axis)
        case .calendar(let date):
            let first: CalendarDate
            switch cycle.unit {
            case .day: first = date
            case .week: first = try date.adding(days: 1 - date.weekday)
            case .month, .year: first = try CalendarDate(year: date.year, month: 1, day: 1)
            }
            return Boundaries(schedule: BillingSchedule(cycle: cycle, anchor: first), second: 0, axis: axis)
        }
    }
}

extension CalendarDate {
    /// 1 (Monday) to 7.
    package var weekday: Int { ((daysSince1970 + 3) % 7 + 7) % 7 + 1 }
}
