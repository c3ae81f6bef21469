import Testing

@testable import MessageBus

@Suite
struct OutboxPacingTests {
    @Test func `a relay arms, looks until the transactions of that moment are over, looks once more and sleeps`() {
        var pacing = OutboxPacing()
        let first = pacing.rest(oldestTransaction: 100)
        #expect(first == .arm)
        pacing.armed(barrier: 105)
        var waits: [Duration] = []
        for _ in 0..<12 {
            guard case .wait(let duration) = pacing.rest(oldestTransaction: 104) else {
                Issue.record("must not sleep while transaction 104 runs")
                return
            }
            waits.append(duration)
        }
        #expect(waits == waits.sorted() && waits.first == .milliseconds(10) && waits.last == .seconds(1))
        let over = [pacing.rest(oldestTransaction: 105), pacing.rest(oldestTransaction: 105)]
        #expect(over == [.look, .sleep])
        pacing.slept()
        let woken = pacing.rest(oldestTransaction: 200)
        #expect(woken == .arm, "another relay may have disarmed meanwhile")
    }

    @Test func `a relay sleeps at once when notifications were on all the time`() {
        var pacing = OutboxPacing()
        let first = pacing.rest(oldestTransaction: 1)
        #expect(first == .arm)
        pacing.armed(barrier: nil)
        let second = pacing.rest(oldestTransaction: 1)
        #expect(second == .sleep)
    }

    @Test func `notifications are off from the second busy round on, not for a single event`() {
        var pacing = OutboxPacing()
        pacing.armed(barrier: nil)
        let single = pacing.worked()
        #expect(!single)
        let afterSingle = pacing.rest(oldestTransaction: 1)
        #expect(afterSingle == .sleep, "one event changes nothing")
        let busy = (0..<3).map { _ in pacing.worked() }
        #expect(busy == [false, true, false])
        let afterBusy = pacing.rest(oldestTransaction: 1)
        #expect(afterBusy == .arm, "switched off before")
    }
}
