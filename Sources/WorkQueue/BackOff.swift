/// How long to wait before the next attempt: doubling up to a limit, with jitter so that many do not return at once.
package struct BackOff: Sendable, Hashable {
    /// The longest wait after the first failure.
    package let initial: Duration
    /// The longest wait after any failure.
    package let maximum: Duration

    /// Makes a back-off. Both are at least a microsecond; `maximum` is at least `initial`.
    package init(initial: Duration, maximum: Duration) {
        self.initial = max(initial, .microseconds(1))
        self.maximum = max(maximum, self.initial)
    }

    /// The wait after the given number of failures in a row, from 1: between half and the whole of
    /// `initial * 2^(failures - 1)`, that product being limited to `maximum`.
    package func delay(
        afterFailures failures: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let limit = ceiling(afterFailures: failures)
        return limit * Double.random(in: 0.5...1, using: &generator)
    }

    /// The same with the system's random numbers.
    package func delay(afterFailures failures: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(afterFailures: failures, using: &generator)
    }

    /// The longest wait after the given number of failures in a row.
    package func ceiling(afterFailures failures: Int) -> Duration {
        // 2^40 times a microsecond is beyond 12 days already: more doublings change nothing but could overflow.
        let doublings = min(max(failures, 1) - 1, 40)
        var limit = initial
        for _ in 0..<doublings where limit < maximum { limit *= 2 }
        return min(limit, maximum)
    }
}
