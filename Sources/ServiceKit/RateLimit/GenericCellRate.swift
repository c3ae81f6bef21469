import Primitives

/// The generic cell rate algorithm: one number for each subject, no burst at window boundaries.
enum GenericCellRate {
    /// - Parameters:
    ///   - theoreticalArrival: The stored number, microseconds since 1970; nil for a new subject.
    ///   - now: Microseconds since 1970.
    /// - Returns: The decision, and the number to store, nil when the call is refused.
    static func decide(
        _ limit: RateLimit, policy: RateLimitCheck.Policy = .operation, theoreticalArrival: Int64?, now: Int64
    ) -> (decision: RateLimitDecision, store: Int64?) {
        let interval = limit.emissionInterval
        let arrival = max(theoreticalArrival ?? now, now)
        let next = arrival + interval
        let allowedFrom = next - interval * Int64(limit.limit)
        if now < allowedFrom {
            let decision = RateLimitDecision(
                isAllowed: false, policy: policy, limit: limit, remaining: 0, reset: .microseconds(arrival - now),
                retryAfter: .microseconds(allowedFrom - now))
            return (decision, nil)
        }
        let decision = RateLimitDecision(
            isAllowed: true, policy: policy, limit: limit, remaining: Int((now - allowedFrom) / interval),
            reset: .microseconds(next - now), retryAfter: .zero)
        return (decision, next)
    }
}
