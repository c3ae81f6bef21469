import Foundation
import Primitives
import Testing

@Suite struct WallClockTests {
    @Test func `the manual clock moves only when it is advanced`() {
        let clock = ManualClock(Timestamp(seconds: 5))
        #expect(clock.now() == Timestamp(seconds: 5))
        clock.advance(by: .seconds(86_400))
        #expect(clock.now() == Timestamp(seconds: 86_405))
        clock.set(Timestamp(seconds: 1))
        #expect(clock.now() == Timestamp(seconds: 1))
    }

    @Test func `the system clock shows the time of the machine`() {
        let before = Int64(Date().timeIntervalSince1970) - 1
        let now = SystemClock().now().seconds
        #expect((before...before + 60).contains(now))
    }
}
