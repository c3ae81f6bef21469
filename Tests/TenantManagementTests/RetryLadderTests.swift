import TestSupport
import Testing

@testable import TenantManagement

/// When failed deliveries are tried again, for every number of failures and whatever receivers ask for.
@Suite struct RetryLadderTests {
    @Test func `the standard ladder reaches over three days`() {
        let ladder = RetryLadder.standard
        let total = ladder.delays.reduce(Duration.zero, +)
        #expect(ladder.maximumAttempts == 10)
        #expect(total >= .seconds(3 * 86_400) && total * (1 + RetryLadder.jitter) < .seconds(4 * 86_400))
        #expect(ladder.delays == ladder.delays.sorted())
    }

    @Test func `a delay is that of its rung and up to a fifth longer`() throws {
        var generator = SeededGenerator(seed: 1)
        for ladder in [
            RetryLadder.standard, RetryLadder(delays: [.seconds(1)]), RetryLadder(delays: [.seconds(9), .seconds(2)]),
        ] {
            for failures in 1...ladder.delays.count {
                var seen: Set<Duration> = []
                for _ in 0..<200 {
                    let delay = try #require(ladder.delay(afterFailures: failures, using: &generator))
                    let rung = ladder.delays[failures - 1]
                    #expect(delay >= rung && delay <= rung * 1.2)
                    seen.insert(delay)
                }
                #expect(seen.count > 100, "they do not return together")
            }
        }
    }

    @Test func `after the last rung a delivery is given up`() {
        for failures in [0, -1, Int.min] { #expect(RetryLadder.standard.delay(afterFailures: failures) == nil) }
        for failures in [10, 11, Int.max] { #expect(RetryLadder.standard.delay(afterFailures: failures) == nil) }
        #expect(RetryLadder(delays: []).delay(afterFailures: 1) == nil)
    }

    @Test func `Retry-After only makes a delay longer, and not longer than the highest rung`() throws {
        var generator = SeededGenerator(seed: 2)
        let ladder = RetryLadder.standard
        for failures in 1...ladder.delays.count {
            for wait in [
                Duration.zero, .seconds(-5), .seconds(1), .seconds(600), .seconds(86_400), .seconds(10_000_000),
            ] {
                let delay = try #require(ladder.delay(afterFailures: failures, retryAfter: wait, using: &generator))
                #expect(delay >= ladder.delays[failures - 1])
                #expect(delay >= min(wait, .seconds(86_400)))
                #expect(delay <= .seconds(86_400) * 1.2)
            }
        }
    }
}
