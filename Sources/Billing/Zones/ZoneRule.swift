import Primitives

/// How a zone changes its clocks every year: the POSIX text `MST7MDT,M3.2.0,M11.1.0` at the end of a time zone file.
struct ZoneRule: Sendable, Hashable {
    /// A day of the year with a time.
    struct Change: Sendable, Hashable {
        enum Day: Hashable {
            /// 1...365, where February 29 is never counted.
            case julian(Int)
            /// 0...365.
            case ordinal(Int)
            /// A weekday (0 = Sunday) of a month; week 5 is its last.
            case weekday(Int, week: Int, month: Int)
        }

        var day: Day
        /// Seconds after midnight of the day; from minus 167 to 167 hours.
        var second = 7_200

        /// The seconds since 1970 on the clock's own wall.
        func wall(in year: Int) -> Int64 {
            let days: Int
            switch day {
            case .julian(let number):
                let leap = GregorianCalendar.isLeapYear(year) && number >= 60 ? 1 : 0
                days = GregorianCalendar.days(year: year, month: 1, day: 1) + number - 1 + leap
            case .ordinal(let number):
                days = GregorianCalendar.days(year: year, month: 1, day: 1) + number
            case .weekday(let weekday, let week, let month):
                let first = GregorianCalendar.days(year: year, month: month, day: 1)
                // 1970-01-01 was a Thursday.
                let firstWeekday = ((first + 4) % 7 + 7) % 7
                var day = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
                while day >= GregorianCalendar.daysInMonth(year: year, month: month) { day -= 7 }
                days = first + day
            }
            return Int64(days) * 86_400 + Int64(second)
        }
    }

    /// Seconds to add to UTC.
    var standard: Int
    /// The same in summer; nil where clocks do not change.
    var summer: (offset: Int, start: Change, end: Change)?

    func offset(at instant: Int64) -> Int {
        guard let summer else { return standard }
        let wall = Int(instant) + standard
        let year = GregorianCalendar.date(days: (wall - (wall % 86_400 + 86_400) % 86_400) / 86_400).year
        let start = summer.start.wall(in: year) - Int64(standard)
        let end = summer.end.wall(in: year) - Int64(summer.offset)
        let isSummer =
            start < end ? start <= instant && instant < end : !(end <= instant && instant < start)
        return isSummer ? summer.offset : standard
    }

    static func == (left: ZoneRule, right: ZoneRule) -> Bool {
        left.standard == right.standard && left.summer?.offset == right.summer?.offset
            && left.summer?.start == right.summer?.start && left.summer?.end == right.summer?.end
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(standard)
        hasher.combine(summer?.offset)
        hasher.combine(summer?.start)
        hasher.combine(summer?.end)
    }
}

// MARK: Reading

extension ZoneRule {
    /// Reads the text; nil for anything else.
    init?(posix text: ArraySlice<UInt8>) {
        var reader = ZoneRuleReader(rest: text)
        guard reader.skipName(), let west = reader.time() else { return nil }
        standard = -west
        guard !reader.rest.isEmpty else { return }
        guard reader.skipName() else { return nil }
        var offset = standard + 3_600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let summerWest = reader.time() else { return nil }
            offset = -summerWest
        }
        guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
        summer = (offset, start, end)
    }
}

private struct ZoneRuleReader {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// `MST`, or anything in angle brackets.
    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let name = rest.prefix { (0x41...0x5A).contains($0 & ~0x20) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    mutating func number(upTo maximum: Int) -> Int? {
        let digits = rest.prefix(4).prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value <= maximum ? value : nil
    }

    /// Seconds of `-1`, `7`, `2:30`, `10:30:15`.
    mutating func time() -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(upTo: 167) else { return nil }
        var seconds = hours * 3_600
        if skip(":") {
            guard let minutes = number(upTo: 59) else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let rest = number(upTo: 59) else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// `,M3.2.0/2`, `,J60`, `,59/-1`.
    mutating func change() -> ZoneRule.Change? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return ZoneRule.Change(day: day) }
        return time().map { ZoneRule.Change(day: day, second: $0) }
    }

    private mutating func day() -> ZoneRule.Change.Day? {
        if skip("J") {
            guard let number = number(upTo: 365), number >= 1 else { return nil }
            return .julian(number)
        }
        guard skip("M") else { return number(upTo: 365).map { .ordinal($0) } }
        guard let month = number(upTo: 12), month >= 1, skip("."), let week = number(upTo: 5), week >= 1, skip("."),
            let weekday = number(upTo: 6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }
}
