import Billing
import Primitives

/// Days, months and years in UTC, by which use is summed and limited.
enum UTCCalendar {
    private static let day: Int64 = 86_400
    private static let quarter: Int64 = 900

    /// Whether an instant is on a quarter of an hour.
    static func isOnQuarter(_ instant: Timestamp) -> Bool { instant.microseconds % (quarter * 1_000_000) == 0 }

    static func startOfDay(of instant: Timestamp) -> Timestamp { CalendarDate(of: instant).startOfDay }

    static func startOfDay(atOrAfter instant: Timestamp) -> Timestamp {
        let start = startOfDay(of: instant)
        return start < instant ? later(start, days: 1) : start
    }

    static func startOfMonth(of instant: Timestamp) -> Timestamp {
        let date = CalendarDate(of: instant)
        return later(date.startOfDay, days: 1 - date.day)
    }

    static func startOfMonth(atOrAfter instant: Timestamp) -> Timestamp {
        let start = startOfMonth(of: instant)
        return start < instant ? nextMonth(after: start) : start
    }

    /// - Parameter start: Of a month, none of which has 32 days.
    static func nextMonth(after start: Timestamp) -> Timestamp { startOfMonth(of: later(start, days: 32)) }

    static func startOfYear(of instant: Timestamp) -> Timestamp {
        var start = startOfMonth(of: instant)
        while CalendarDate(of: start).month > 1 { start = startOfMonth(of: later(start, days: -1)) }
        return start
    }

    /// The period of a limit that an instant is in; it ends before `to`, which is nil when it never ends.
    static func period(_ period: Meter.LimitPeriod, of instant: Timestamp) -> (from: Timestamp, to: Timestamp?) {
        switch period {
        case .day:
            let start = startOfDay(of: instant)
            return (start, later(start, days: 1))
        case .month:
            let start = startOfMonth(of: instant)
            return (start, nextMonth(after: start))
        case .year:
            let start = startOfYear(of: instant)
            return (start, startOfYear(of: later(start, days: 366)))
        case .forever: return (Timestamp(seconds: 0), nil)
        }
    }

    private static func later(_ start: Timestamp, days: Int) -> Timestamp {
        Timestamp(seconds: start.seconds + Int64(days) * day)
    }
}
