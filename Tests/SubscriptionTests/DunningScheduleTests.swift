import Primitives
import Testing

@testable import Subscription

/// When failed payments are tried again.
@Suite struct DunningScheduleTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    private static func day(_ count: Int) -> Timestamp { start.adding(.seconds(86_400 * count)) }

    @Test func `days ascend, and nothing else is a schedule`() {
        #expect(DunningSchedule("1,3, 5,7")?.days == [1, 3, 5, 7])
        #expect(DunningSchedule("365")?.text == "365")
        for text in ["", "0", "-1", "1,1", "3,1", "366", "1,", "1;2", "x", "1.5"] {
            #expect(DunningSchedule(text) == nil, "\(text)")
        }
        #expect(DunningSchedule(days: Array(1...31)) == nil)
    }

    @Test func `whoever is on time tries on the days of the schedule, and whoever is late does not hurry`() throws {
        let terms = DunningTerms(
            retries: DunningSchedule("1,3,5,7"), reminders: DunningSchedule("1,7,14"), end: .suspend, reminderEnd: .mark
        )
        var instant = Self.start
        var days: [Int] = []
        var failures = 1
        while case .step(let next) = terms.next(afterFailure: failures, code: "card_declined", at: instant) {
            days.append(Int(next.duration(since: Self.start).components.seconds / 86_400))
            (instant, failures) = (next, failures + 1)
        }
        #expect(days == [1, 3, 5, 7] && failures == 5)
        #expect(terms.next(afterFailure: 5, code: nil, at: instant) == .end(.suspend))
        // A week late: the pause to the next day stays.
        #expect(terms.next(afterFailure: 2, code: nil, at: Self.day(8)) == .step(Self.day(10)))
        // Nothing is tried again that cannot succeed.
        #expect(terms.next(afterFailure: 1, code: "stolen_card", at: Self.start) == .end(.suspend))
        // The first reminder is that of the first day.
        #expect(terms.next(afterReminder: 1, at: Self.day(1)) == .step(Self.day(7)))
        #expect(terms.next(afterReminder: 2, at: Self.day(7)) == .step(Self.day(14)))
        #expect(terms.next(afterReminder: 3, at: Self.day(14)) == .end(.mark))
    }

    @Test func `every schedule ends after its days, whatever they are`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let days = Set(
                (0..<Int.random(in: 1...30, using: &generator)).map { _ in Int.random(in: 1...365, using: &generator) })
            guard let schedule = DunningSchedule(days: days.sorted()) else { continue }
            var (instant, steps) = (Self.start, 1)
            while let next = schedule.next(after: steps, at: instant) {
                #expect(next > instant)
                (instant, steps) = (next, steps + 1)
            }
            #expect(steps == days.count + 1 && instant == Self.day(days.max() ?? 0), "\(schedule.days)")
        }
    }
}
