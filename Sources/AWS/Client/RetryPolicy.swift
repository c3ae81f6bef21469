/// How often and after what time a call is repeated. Pure.
struct RetryPolicy: Sendable, Hashable {
    /// Most attempts, from 1.
    var maximumAttempts = 4
    var initial = Duration.milliseconds(100)
    /// The first wait after an answer that asks for fewer requests.
    var initialWhenThrottled = Duration.milliseconds(500)
    var maximum = Duration.seconds(5)

    /// The wait before the next attempt, with jitter, and never shorter than the service has asked for; nil when the failure
    /// is final or the time is over before.
    func delay(
        after error: AWSError, attempt: Int, remaining: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard attempt < maximumAttempts else { return nil }
        let first: Duration
        switch error.kind {
        case .throttled: first = initialWhenThrottled
        case .unavailable: first = initial
        case .credentials, .refused: return nil
        }
        let limit = min(first * (1 << min(attempt - 1, 16)), maximum)
        let wait = max(limit * Double.random(in: 0.5...1, using: &generator), error.retryAfter ?? .zero)
        return wait < remaining ? wait : nil
    }
}
