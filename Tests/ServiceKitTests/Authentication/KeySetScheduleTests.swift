import Testing

@testable import ServiceKit

@Suite
struct KeySetScheduleTests {
    private let start = ContinuousClock.now

    @Test func `failures are repeated from one second on with back-off`() {
        var schedule = KeySetSchedule(interval: .seconds(300))
        var pauses: [Duration] = []
        for _ in 0..<7 {
            schedule.ended(succeeded: false, start)
            pauses.append(schedule.pause)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(!schedule.isLoaded)
        schedule.ended(succeeded: true, start)
        #expect(schedule.isLoaded && schedule.pause == .seconds(300))
        schedule.ended(succeeded: false, start)
        #expect(schedule.pause == .seconds(1), "a later failure is repeated just as soon")
    }

    @Test func `failures are never repeated less often than successes`() {
        var schedule = KeySetSchedule(interval: .seconds(2))
        for _ in 0..<5 { schedule.ended(succeeded: false, start) }
        #expect(schedule.pause == .seconds(2))
    }

    @Test func `a set is stale when two intervals have passed without a reading`() {
        var schedule = KeySetSchedule(interval: .seconds(300))
        #expect(schedule.staleness(start) == nil, "it is not loaded, which is worse")
        schedule.ended(succeeded: true, start)
        #expect(schedule.staleness(start + .seconds(600)) == nil)
        schedule.ended(succeeded: false, start + .seconds(300))
        #expect(schedule.staleness(start + .seconds(601)) == .seconds(601))
        schedule.ended(succeeded: true, start + .seconds(602))
        #expect(schedule.staleness(start + .seconds(603)) == nil)
    }

    @Test func `unknown keys cause one reading in ten seconds`() {
        var schedule = KeySetSchedule(interval: .seconds(300))
        let demands = [0, 1, 9, 10, 11, 19, 21].map { schedule.beginOnDemand(start + .seconds($0)) }
        #expect(demands == [true, false, false, true, false, false, true])
    }
}
