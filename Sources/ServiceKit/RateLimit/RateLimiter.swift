package import Primitives
package import RedisClient
import Synchronization

/// Counts calls for each subject in Redis, so that all nodes share the limits; while Redis is away, in this process, where each
/// node allows as much as all nodes together otherwise do.
package final class RateLimiter: Sendable {
    private struct State: Sendable {
        var rules: RateLimitRules {
            didSet { classes = rules.classes }
        }
        /// What applies to each class, for every call.
        private(set) var classes: [RateLimitRules.ClassLimits]
        var local = LocalRateLimits()
        var refused = RefusedCalls()
        /// When Redis is asked again after it has failed.
        var nextAttempt: ContinuousClock.Instant?

        init(rules: RateLimitRules) {
            self.rules = rules
            classes = rules.classes
        }
    }

    /// How long Redis is not asked after it has failed, so that calls do not wait for a server that hangs.
    private static let pause = Duration.seconds(1)

    private let redis: RedisClient?
    private let prefix: String
    private let clock: any WallClock
    private let state: Mutex<State>

    /// - Parameters:
    ///   - redis: Shared state; nil keeps the limits in this process.
    ///   - prefix: Put before every key (`RATE_LIMIT_KEY_PREFIX`).
    ///   - clock: For the limits kept in this process; Redis uses its own time.
    ///   - rules: The limits that are not part of an operation.
    package init(redis: RedisClient?, prefix: String, clock: any WallClock, rules: RateLimitRules = RateLimitRules()) {
        self.redis = redis
        self.prefix = "rl:\(prefix)_"
        self.clock = clock
        state = Mutex(State(rules: rules))
    }

    /// The limits that are not part of an operation.
    package var rules: RateLimitRules { state.withLock { $0.rules } }

    /// What applies to a class of operations.
    func limits(of rateClass: RateLimitClass) -> RateLimitRules.ClassLimits {
        state.withLock { $0.classes[rateClass.index] }
    }

    /// A limit of an operation as it is now.
    func current(_ limit: RateLimit) -> RateLimit {
        limit.setting == nil ? limit : state.withLock { $0.rules.current(limit) }
    }

    /// Replaces the limits that are not part of an operation; calls that come after this are decided by the new ones.
    package func use(_ rules: RateLimitRules) { state.withLock { $0.rules = rules } }

    /// Counts a call and says whether it may go on. Never fails: without Redis the process decides alone.
    /// - Returns: nil for a call without limits.
    package func check(_ checks: [RateLimitCheck]) async -> RateLimitDecision? {
        guard !checks.isEmpty else { return nil }
        let start = ContinuousClock.now
        let (known, mayAsk) = state.withLock { state in
            (state.refused.known(checks, now: start), state.nextAttempt.map { start >= $0 } ?? true)
        }
        if let known { return known }
        if mayAsk, let redis, redis.isConnected, let decision = await shared(checks, redis) {
            if !decision.isAllowed {
                state.withLock { $0.refused.insert(decision, of: checks, now: start) }
            }
            return decision
        }
        let now = clock.now().microseconds
        return state.withLock { $0.local.decide(checks, now: now) }
    }

    /// The refusal that a call would get, if that is known without asking anybody.
    func knownRefusal(_ checks: [RateLimitCheck]) -> RateLimitDecision? {
        let now = ContinuousClock.now
        return state.withLock { $0.refused.known(checks, now: now) }
    }

    /// Counts a call.
    /// - Throws: 429 for a call that may not go on.
    package func require(_ checks: [RateLimitCheck]) async throws(HTTPFailure) {
        guard let decision = await check(checks), !decision.isAllowed else { return }
        throw .tooManyRequests(headers: decision.headers(checks))
    }

    /// Counts a call about an account, whoever makes it.
    /// - Parameters:
    ///   - operation: What is counted.
    ///   - account: May be personal; Redis gets a digest.
    /// - Throws: 429 for a call that may not go on.
    package func require(_ limit: RateLimit, operation: String, account: String) async throws(HTTPFailure) {
        try await require([.account(limit, operation: operation, account: account)])
    }

    private func shared(_ checks: [RateLimitCheck], _ redis: RedisClient) async -> RateLimitDecision? {
        do throws(RedisError) {
            let reply = try await redis.evaluate(
                RateLimitScript.script, keys: checks.map { prefix + $0.key },
                arguments: RateLimitScript.arguments(checks))
            if let decision = RateLimitScript.decision(reply, checks) { return decision }
        } catch {
            // Says nothing about Redis.
            if error == .cancelled { return nil }
        }
        state.withLock { $0.nextAttempt = .now + Self.pause }
        return nil
    }
}
