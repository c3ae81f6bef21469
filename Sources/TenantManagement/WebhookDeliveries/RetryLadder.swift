/// When a delivery that has failed is tried again: a fixed delay after each failure, and after the last one never.
struct RetryLadder: Sendable, Hashable {
    /// The delays after the first, second, … failed attempt.
    let delays: [Duration]

    /// Over three days: ten attempts, the last one 75.6 hours or more after the first.
    static let standard = RetryLadder(
        delays: [
            .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
            .seconds(50_400), .seconds(72_000), .seconds(86_400),
        ])

    /// Part of a delay that is added at most, at random, so that what has failed together does not return together.
    static let jitter = 0.2

    /// Attempts at most.
    var maximumAttempts: Int { delays.count + 1 }

    /// The delay after so many failures in a row, from 1; nil: given up.
    /// - Parameter retryAfter: The wait that the receiver has asked for, which only makes the delay longer; at most that of
    ///   the highest rung.
    func delay(
        afterFailures failures: Int, retryAfter: Duration? = nil, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard failures >= 1, failures <= delays.count, let longest = delays.max() else { return nil }
        let delay = max(delays[failures - 1], min(retryAfter ?? .zero, longest))
        return delay * Double.random(in: 1...(1 + Self.jitter), using: &generator)
    }

    /// The same with the system's random numbers.
    func delay(afterFailures failures: Int, retryAfter: Duration? = nil) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return delay(afterFailures: failures, retryAfter: retryAfter, using: &generator)
    }
}
