import NIOCore
import Testing

@testable import ServiceKit

@Suite struct WriteWatchTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func watch(written: Int) -> WriteWatch {
        var watch = WriteWatch(timeout: .seconds(30), limit: 1 << 20)
        watch.wrote(written)
        return watch
    }

    @Test func `small answers are not looked at one by one`() {
        var watch = watch(written: 10_000)
        #expect(!watch.wantsLook)
        watch.wrote(10_000)
        #expect(watch.wantsLook)
        #expect(watch.look(backlog: 0, now: start) == .clear && !watch.wantsLook)
    }

    @Test func `a client that takes nothing is given up at the deadline`() {
        var watch = watch(written: 100_000)
        for second in 0..<30 { #expect(watch.look(backlog: 50_000, now: start + .seconds(Int64(second))) == .waiting) }
        #expect(watch.look(backlog: 50_000, now: start + .seconds(30)) == .stalled)
    }

    @Test func `a trickle is not progress, but reading the rest is`() {
        var watch = watch(written: 500_000)
        var backlog = 400_000
        for second in 0..<30 {
            backlog -= 1000
            #expect(watch.look(backlog: backlog, now: start + .seconds(Int64(second))) == .waiting)
        }
        #expect(watch.look(backlog: backlog - 1000, now: start + .seconds(30)) == .stalled)
        #expect(watch.look(backlog: 0, now: start + .seconds(31)) == .clear)
    }

    @Test func `a slow client that makes progress is served for as long as it takes`() {
        var watch = watch(written: 10_000_000)
        for step in 1...100 {
            let verdict = watch.look(backlog: 10_000_000 - step * 70_000, now: start + .seconds(Int64(step * 29)))
            #expect(verdict == .waiting)
        }
    }

    @Test func `a large backlog of a client that has stopped is not kept until the deadline`() {
        var watch = watch(written: 10_000_000)
        #expect(watch.look(backlog: 5_000_000, now: start) == .waiting)
        #expect(watch.look(backlog: 4_000_000, now: start + .seconds(1)) == .waiting)
        #expect(watch.look(backlog: 4_000_000, now: start + .seconds(5)) == .waiting)
        #expect(watch.look(backlog: 4_000_000, now: start + .seconds(6)) == .stalled)
    }
}
