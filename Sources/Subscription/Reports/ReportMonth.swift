import Billing

/// A month of the calendar in UTC.
struct ReportMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
    let year: Int
    let month: Int

    /// Reads `2026-01`.
    init?(_ text: String) {
        guard text.utf8.count == 7, let first = try? CalendarDate("\(text)-01") else { return nil }
        self.init(of: first)
    }

    init(of date: CalendarDate) { (year, month) = (date.year, date.month) }

    fileprivate init(index: Int) { (year, month) = (index / 12, index % 12 + 1) }

    private var index: Int { year * 12 + month - 1 }

    var description: String {
        let digits = String(year)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + (month < 10 ? "-0" : "-")
            + String(month)
    }

    /// Its first day, as text.
    var firstDay: String { "\(self)-01" }

    func adding(_ months: Int) -> ReportMonth { ReportMonth(index: index + months) }

    /// From this one through another one.
    func through(_ last: ReportMonth) -> [ReportMonth] {
        index > last.index ? [] : (index...last.index).map { ReportMonth(index: $0) }
    }

    static func < (left: ReportMonth, right: ReportMonth) -> Bool { left.index < right.index }
}

/// The months that a report is about.
struct ReportRange: Sendable, Hashable {
    let from: ReportMonth
    let to: ReportMonth

    /// Months of a report at most.
    static let maximumMonths = 60

    /// The months that reports can be about.
    static let possible: ClosedRange<ReportMonth> = ReportMonth(index: 1970 * 12)...ReportMonth(index: 9998 * 12 + 11)

    /// From one month through another one; nil if there is none, or too many.
    init?(from: ReportMonth, to: ReportMonth) {
        guard from <= to, from.through(to).count <= Self.maximumMonths else { return nil }
        (self.from, self.to) = (from, to)
    }
}
