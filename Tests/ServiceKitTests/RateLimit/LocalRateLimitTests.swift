import Testing

@testable import ServiceKit

@Suite struct LocalRateLimitTests {
    private let limit = RateLimit(limit: 3, window: .seconds(60))

    private func check(_ key: String) -> [RateLimitCheck] { [RateLimitCheck(.address, limit, key: key)] }

    private func allowed(_ calls: Int, _ key: String, _ limits: inout LocalRateLimits, now: Int64 = 0) -> Int {
        (0..<calls).count { _ in limits.decide(check(key), now: now)?.isAllowed == true }
    }

    @Test func `subjects are counted separately, and are forgotten when they count no more`() {
        var limits = LocalRateLimits(capacity: 2)
        #expect(allowed(5, "a", &limits) == 3 && allowed(5, "b", &limits) == 3)
        let later: Int64 = 120_000_000
        #expect(allowed(5, "c", &limits, now: later) == 3 && allowed(5, "d", &limits, now: later) == 3)
        #expect(limits.count == 2)
    }

    @Test func `a flood of subjects is bounded in memory and in calls, and keeps out nobody who is known`() {
        var limits = LocalRateLimits(capacity: 100)
        #expect(allowed(1, "known", &limits) == 1)
        let passed = (0..<20_000).reduce(into: 0) { $0 += allowed(1, "flood \($1)", &limits) }
        #expect(limits.count <= 100 + LocalRateLimits.sharedPlaces)
        #expect(passed >= 99 && passed <= 99 + 3 * LocalRateLimits.sharedPlaces)
        #expect(allowed(5, "known", &limits) == 2)
    }

    @Test func `a clock that was set back does not close a limit`() {
        var limits = LocalRateLimits()
        let hour: Int64 = 3_600_000_000
        #expect(allowed(5, "a", &limits, now: hour) == 3)
        #expect(allowed(5, "a", &limits, now: 0) == 3)
    }

    @Test func `a refusal is known for at most a second, and only for its limit`() throws {
        var limits = LocalRateLimits()
        _ = allowed(3, "a", &limits)
        let decision = limits.decide(check("a"), now: 0)
        let refusal = try #require(decision)
        #expect(!refusal.isAllowed)
        var refused = RefusedCalls()
        let now = ContinuousClock.now
        refused.insert(refusal, of: check("a"), now: now)
        let known = try #require(refused.known(check("b") + check("a"), now: now + .milliseconds(400)))
        #expect(known.retryAfter == .milliseconds(19_600))
        #expect(refused.known(check("a"), now: now + .seconds(1)) == nil)
        #expect(refused.known(check("b"), now: now) == nil)
        let raised = RateLimitCheck(.address, RateLimit(limit: 9), key: "a")
        #expect(refused.known([raised], now: now) == nil, "a limit that was changed is asked for again")
    }

    @Test func `refusals are bounded`() throws {
        var limits = LocalRateLimits()
        _ = allowed(3, "a", &limits)
        let decision = limits.decide(check("a"), now: 0)
        let refusal = try #require(decision)
        var refused = RefusedCalls()
        let now = ContinuousClock.now
        for number in 0..<(RefusedCalls.capacity + 100) { refused.insert(refusal, of: check("\(number)"), now: now) }
        #expect(refused.count == RefusedCalls.capacity)
        refused.insert(refusal, of: check("later"), now: now + .seconds(2))
        #expect(refused.count == 1)
    }
}
