import Logging
package import Primitives
package import RedisClient
import Synchronization

/// Counts calls for each client in Redis, so that all nodes share one limit; while Redis is away, in this process.
package final class RateLimiter: Sendable {
    /// Clients remembered in the process at most, while Redis is away.
    private static let localCapacity = 50_000

    private let redis: RedisClient?
    private let prefix: String
    private let clock: any WallClock
    private let local = Mutex<[String: Int64]>([:])

    /// - Parameters:
    ///   - redis: Shared state; nil keeps the limits in this process.
    ///   - prefix: Put before every key (`RATE_LIMIT_KEY_PREFIX`).
    ///   - clock: For the limits kept in this process; Redis uses its own time.
    package init(redis: RedisClient?, prefix: String, clock: any WallClock) {
        self.redis = redis
        self.prefix = prefix
        self.clock = clock
    }

    /// Counts a call and says whether it may go on. Never fails: without Redis the process decides alone.
    package func check(_ limit: RateLimit, operation: String, client: String) async -> RateLimitDecision {
        let key = "rl:\(prefix)_\(client)_\(operation)"
        if let redis, redis.isConnected, let decision = await shared(limit, key: key, redis: redis) { return decision }
        let now = clock.now().microseconds
        return local.withLock { arrivals in
            if arrivals.count >= Self.localCapacity { arrivals = arrivals.filter { $0.value > now } }
            if arrivals.count >= Self.localCapacity { arrivals = [:] }
            let (decision, store) = GenericCellRate.decide(limit, theoreticalArrival: arrivals[key], now: now)
            if let store { arrivals[key] = store }
            return decision
        }
    }

    /// Counts a call.
    /// - Throws: 429 for a call that may not go on.
    package func require(_ limit: RateLimit, operation: String, client: String) async throws(HTTPFailure) {
        let decision = await check(limit, operation: operation, client: client)
        guard decision.isAllowed else { throw .tooManyRequests(headers: decision.headers) }
    }

    private func shared(_ limit: RateLimit, key: String, redis: RedisClient) async -> RateLimitDecision? {
        let reply = try? await redis.evaluate(
            Self.script, keys: [key],
            arguments: [RedisArgument(String(limit.emissionInterval)), RedisArgument(String(limit.limit))])
        guard let values = reply?.array, values.count == 4,
            let isAllowed = values[0].integer, let remaining = values[1].integer,
            let reset = values[2].integer, let retryAfter = values[3].integer
        else { return nil }
        return RateLimitDecision(
            isAllowed: isAllowed == 1, limit: limit.limit, remaining: Int(remaining), reset: .microseconds(reset),
            retryAfter: .microseconds(retryAfter))
    }

    /// The same algorithm as ``GenericCellRate`` on Redis' clock: one key, one round trip.
    private static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval = tonumber(ARGV[1])
        local limit = tonumber(ARGV[2])
        local arrival = tonumber(redis.call('GET', KEYS[1]) or now)
        if arrival < now then arrival = now end
        local following = arrival + interval
        local allowed = following - interval * limit
        if now < allowed then return {0, 0, arrival - now, allowed - now} end
        redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', math.ceil((following - now) / 1000) + 1)
        return {1, math.floor((now - allowed) / interval), following - now, 0}
        """)
}
