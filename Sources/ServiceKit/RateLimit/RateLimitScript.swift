import Primitives
import RedisClient

/// ``GenericCellRate`` for all limits of a call on Redis' clock: one script call, so that nothing comes between the looks at the
/// limits and the counting, and a call that one limit refuses is counted by none.
enum RateLimitScript {
    static func arguments(_ checks: [RateLimitCheck]) -> [RedisArgument] {
        checks.flatMap { check -> [RedisArgument] in
            [.integer(check.limit.emissionInterval), .integer(Int64(check.limit.limit))]
        }
    }

    /// Reads the reply: the number of the strictest limit, whether the call is allowed, calls left, reset, wait.
    static func decision(_ reply: RedisValue, _ checks: [RateLimitCheck]) -> RateLimitDecision? {
        let values = reply.array?.compactMap(\.integer) ?? []
        guard values.count == 5, let index = Int(exactly: values[0]), checks.indices.contains(index - 1) else {
            return nil
        }
        let check = checks[index - 1]
        return RateLimitDecision(
            isAllowed: values[1] == 1, policy: check.policy, limit: check.limit, remaining: Int(values[2]),
            reset: .microseconds(values[3]), retryAfter: .microseconds(values[4]))
    }

    static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local following = {}
        local refusing, wait, refusedReset = 0, 0, 0
        local strictest, remaining, reset
        for index, key in ipairs(KEYS) do
            local interval = tonumber(ARGV[2 * index - 1])
            local limit = tonumber(ARGV[2 * index])
            local arrival = tonumber(redis.call('GET', key) or now) or now
            if arrival < now then arrival = now end
            local after = arrival + interval
            local allowed = after - interval * limit
            following[index] = after
            if now < allowed then
                if refusing == 0 or allowed - now > wait then
                    refusing, wait, refusedReset = index, allowed - now, arrival - now
                end
            else
                local left = math.floor((now - allowed) / interval)
                if not strictest or left < remaining then strictest, remaining, reset = index, left, after - now end
            end
        end
        if refusing > 0 then return {refusing, 0, 0, refusedReset, wait} end
        for index, key in ipairs(KEYS) do
            redis.call('SET', key, string.format('%.0f', following[index]), 'PX',
                math.ceil((following[index] - now) / 1000) + 1)
        end
        return {strictest, 1, remaining, reset, 0}
        """)
}
