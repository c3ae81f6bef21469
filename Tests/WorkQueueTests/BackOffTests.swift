import TestSupport
import Testing

@testable import WorkQueue

struct BackOffTests {
    @Test func `the delay doubles up to its limit and spreads over the upper half`() {
        let backOff = BackOff(initial: .milliseconds(100), maximum: .seconds(10))
        var generator = SeededGenerator(seed: 1)
        var expected = Duration.milliseconds(100)
        for failures in 1...60 {
            var delays: Set<Duration> = []
            for _ in 0..<50 {
                let delay = backOff.delay(afterFailures: failures, using: &generator)
                #expect(delay >= expected / 2 && delay <= expected)
                delays.insert(delay)
            }
            #expect(delays.count > 40, "without jitter all come back at once")
            expected = min(expected * 2, .seconds(10))
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1, Int.max])
    func `any number of failures has a delay`(failures: Int) {
        let backOff = BackOff(initial: .seconds(1), maximum: .seconds(86_400 * 365))
        let delay = backOff.delay(afterFailures: failures)
        #expect(delay >= .milliseconds(500) && delay <= .seconds(86_400 * 365))
    }
}
