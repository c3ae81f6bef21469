import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct ReconnectBackoffTests {
    @Test func `the back-off doubles up to its maximum with jitter in the upper half`() {
        var generator = SeededGenerator(seed: 1)
        var backoff = ReconnectBackoff(initial: .milliseconds(20), maximum: .seconds(1))
        for step in [20, 40, 80, 160, 320, 640, 1000, 1000, 1000] as [Int64] {
            let delay = backoff.next(using: &generator)
            #expect((TimeAmount.milliseconds(step / 2)...TimeAmount.milliseconds(step)).contains(delay))
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .milliseconds(20))
    }

    @Test func `the back-off differs each time`() {
        var generator = SeededGenerator(seed: 2)
        let delays = (0..<20).map { _ in
            var backoff = ReconnectBackoff()
            return backoff.next(using: &generator)
        }
        #expect(Set(delays.map(\.nanoseconds)).count > 10)
    }
}
