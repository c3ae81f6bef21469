import Primitives
import Testing

@Suite struct GregorianCalendarTests {
    @Test func `days and dates are inverse`() {
        var previous = GregorianCalendar.date(days: -800_001)
        for days in -800_000...800_000 {
            let date = GregorianCalendar.date(days: days)
            guard GregorianCalendar.days(year: date.year, month: date.month, day: date.day) == days else {
                Issue.record("\(days) -> \(date)")
                return
            }
            let isNextDay = date.day == previous.day + 1 && date.month == previous.month
            let isNextMonth =
                date.day == 1
                && previous.day == GregorianCalendar.daysInMonth(year: previous.year, month: previous.month)
            guard isNextDay || isNextMonth else {
                Issue.record("\(previous) is followed by \(date)")
                return
            }
            previous = date
        }
    }

    @Test func `leap years are those of the Gregorian calendar`() {
        #expect([1600, 2000, 2004, 2024, 0, -4].allSatisfy(GregorianCalendar.isLeapYear))
        #expect(![1700, 1900, 2023, 2100, -1].contains(where: GregorianCalendar.isLeapYear))
    }
}
