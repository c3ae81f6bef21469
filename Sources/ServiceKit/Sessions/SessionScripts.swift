import RedisClient

/// What is done with sessions in Redis, each as one step.
///
/// `session:<digest of the token>` is a hash with the sealed session and its times. `session-id:<id>` finds it by its name, and
/// `sessions-of:<digest of the user>` has the names and digests of all sessions of a user. Times are milliseconds since 1970 by
/// the clock of the services.
enum SessionScripts {
    static let session = "session:"
    static let name = "session-id:"
    static let user = "sessions-of:"

    /// KEYS: session, name, user. ARGV: sealed session, now, idle time, end, id, digest, digest of the user, most sessions of
    /// the user. When there are too many, the oldest ones end. Returns their ids.
    static let create = RedisScript(
        """
        local now, idle, ends = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local rest = ends - now
        redis.call('HSET', KEYS[1], 'data', ARGV[1], 'seen', ARGV[2], 'idle', ARGV[3], 'ends', ARGV[4],
            'id', ARGV[5], 'user', ARGV[7])
        redis.call('PEXPIRE', KEYS[1], math.min(idle, rest))
        redis.call('SET', KEYS[2], ARGV[6] .. ':' .. ARGV[7], 'PX', rest)
        local others = {}
        local entries = redis.call('HGETALL', KEYS[3])
        for i = 1, #entries, 2 do
            if redis.call('EXISTS', 'session:' .. entries[i + 1]) == 1 then
                table.insert(others, {entries[i], entries[i + 1]})
            else
                redis.call('HDEL', KEYS[3], entries[i])
                redis.call('DEL', 'session-id:' .. entries[i])
            end
        end
        table.sort(others, function(left, right) return left[1] < right[1] end)
        local ended = {}
        for i = 1, #others + 1 - tonumber(ARGV[8]) do
            redis.call('DEL', 'session:' .. others[i][2], 'session-id:' .. others[i][1])
            redis.call('HDEL', KEYS[3], others[i][1])
            table.insert(ended, others[i][1])
        end
        redis.call('HSET', KEYS[3], ARGV[5], ARGV[6])
        if redis.call('PTTL', KEYS[3]) < rest then redis.call('PEXPIRE', KEYS[3], rest) end
        return ended
        """)

    /// KEYS: session. ARGV: now. The sealed session and its last recorded use, or nothing. Records this use, but not at each
    /// request: a tenth of the idle time, and at most a minute, may pass between two records.
    static let open = RedisScript(
        """
        local found = redis.call('HMGET', KEYS[1], 'data', 'seen', 'idle', 'ends')
        if not found[1] then return false end
        local now = tonumber(ARGV[1])
        local seen, idle, ends = tonumber(found[2]), tonumber(found[3]), tonumber(found[4])
        if now >= ends or now >= seen + idle then return false end
        if now - seen >= math.min(60000, idle / 10) then
            redis.call('HSET', KEYS[1], 'seen', ARGV[1])
            redis.call('PEXPIRE', KEYS[1], math.min(idle, ends - now))
            return {found[1], ARGV[1]}
        end
        return {found[1], found[2]}
        """)

    /// KEYS: session. Returns its id, or nothing if it does not exist.
    static let end = RedisScript(
        """
        local found = redis.call('HMGET', KEYS[1], 'id', 'user')
        if not found[1] then return false end
        redis.call('HDEL', 'sessions-of:' .. found[2], found[1])
        redis.call('DEL', KEYS[1], 'session-id:' .. found[1])
        return found[1]
        """)

    /// KEYS: name. ARGV: id, digest of the only user whose session it may be, or an empty text. 1 if there was one.
    static let revoke = RedisScript(
        """
        local entry = redis.call('GET', KEYS[1])
        if not entry then return 0 end
        local digest, user = string.match(entry, '^(%x+):(%x+)$')
        if not digest or (ARGV[2] ~= '' and ARGV[2] ~= user) then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('HDEL', 'sessions-of:' .. user, ARGV[1])
        return redis.call('DEL', 'session:' .. digest)
        """)

    /// KEYS: user. Returns the ids of the sessions that have ended.
    static let revokeAll = RedisScript(
        """
        local entries = redis.call('HGETALL', KEYS[1])
        local ended = {}
        for i = 1, #entries, 2 do
            if redis.call('DEL', 'session:' .. entries[i + 1]) == 1 then table.insert(ended, entries[i]) end
            redis.call('DEL', 'session-id:' .. entries[i])
        end
        redis.call('DEL', KEYS[1])
        return ended
        """)

    /// KEYS: user. Digest, sealed session and last recorded use of each.
    static let list = RedisScript(
        """
        local entries = redis.call('HGETALL', KEYS[1])
        local sessions = {}
        for i = 1, #entries, 2 do
            local found = redis.call('HMGET', 'session:' .. entries[i + 1], 'data', 'seen')
            if found[1] then
                table.insert(sessions, {entries[i + 1], found[1], found[2]})
            else
                redis.call('HDEL', KEYS[1], entries[i])
            end
        end
        return sessions
        """)
}
