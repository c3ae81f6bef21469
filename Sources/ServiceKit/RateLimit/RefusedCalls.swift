/// Limits that are used up, as Redis has said a moment ago: until then the same call would be refused again, so that nobody has
/// to be asked. A pure value of bounded size.
struct RefusedCalls: Sendable {
    static let capacity = 10_000
    /// Longest time for which Redis is not asked again. A limit that is raised or reset counts after that.
    static let lifetime = Duration.seconds(1)

    private struct Refusal: Sendable {
        let decision: RateLimitDecision
        let start: ContinuousClock.Instant
        let end: ContinuousClock.Instant
    }

    private var refusals: [String: Refusal] = [:]
    private var nextSweep: ContinuousClock.Instant?

    var count: Int { refusals.count }

    /// The refusal that one of the limits of a call would give now.
    func known(_ checks: [RateLimitCheck], now: ContinuousClock.Instant) -> RateLimitDecision? {
        guard !refusals.isEmpty else { return nil }
        for check in checks {
            guard let refusal = refusals[check.key], now < refusal.end, refusal.decision.limit == check.limit else {
                continue
            }
            return refusal.decision.later(by: now - refusal.start)
        }
        return nil
    }

    /// Remembers a refusal.
    mutating func insert(_ decision: RateLimitDecision, of checks: [RateLimitCheck], now: ContinuousClock.Instant) {
        guard let check = checks.first(where: { $0.policy == decision.policy && $0.limit == decision.limit }) else {
            return
        }
        if refusals.count >= Self.capacity, nextSweep.map({ now >= $0 }) ?? true {
            refusals = refusals.filter { now < $0.value.end }
            nextSweep = now + Self.lifetime
        }
        guard refusals.count < Self.capacity || refusals[check.key] != nil else { return }
        refusals[check.key] = Refusal(
            decision: decision, start: now, end: now + min(decision.retryAfter, Self.lifetime))
    }
}
