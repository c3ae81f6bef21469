-- What all scripts share. KEYS[1] is the `meta` key of the queue that the script is about; the names of all other keys
-- are built from it, so in a cluster the prefix or the queue's name needs a hash tag.
local call = redis.call
local queue = string.sub(KEYS[1], 1, -5)

-- The server's clock: those of the clients need not agree.
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function number(text)
    return tonumber(text or nil) or 0
end

local function object(text)
    if not text then return {} end
    local is_json, value = pcall(cjson.decode, text)
    return is_json and type(value) == 'table' and value or {}
end

local function is_job(q, id)
    return call('TYPE', q .. id).ok == 'hash'
end

local function emit(q, ...)
    local limit = call('HGET', q .. 'meta', 'opts.maxLenEvents')
    if not limit then
        limit = 10000
        call('HSET', q .. 'meta', 'opts.maxLenEvents', limit)
    end
    call('XADD', q .. 'events', 'MAXLEN', '~', limit, '*', 'event', ...)
end

-- A counter whose value is not a number starts again: the job must not stay where it is because of it.
local function increment(key, field)
    local value = redis.pcall('HINCRBY', key, field, 1)
    if type(value) == 'table' then
        call('HSET', key, field, 1)
        return 1
    end
    return value
end

local function is_paused(q)
    return call('HEXISTS', q .. 'meta', 'paused') == 1
end

local function is_at_limit(q)
    local limit = tonumber(call('HGET', q .. 'meta', 'concurrency') or nil)
    return limit ~= nil and call('LLEN', q .. 'active') >= limit
end

-- BullMQ 6 leaves the jobs of a paused queue in `wait`. BullMQ 5 keeps them in `paused` and renames it over `wait` in the
-- end, which loses what somebody has put into `wait`; BullMQ 6 takes what it finds in `paused` too.
local function keeps_paused_jobs_in_wait(q)
    local version = call('HGET', q .. 'meta', 'version')
    return version and tonumber(string.match(version, '^bullmq:(%d+)') or nil) ~= nil
        and tonumber(string.match(version, '^bullmq:(%d+)')) >= 6
end

local function waiting_list(q)
    if is_paused(q) and not keeps_paused_jobs_in_wait(q) then return q .. 'paused' end
    return q .. 'wait'
end

-- Wakes a worker that waits for jobs.
local function mark(q)
    if not is_paused(q) and not is_at_limit(q) then call('ZADD', q .. 'marker', 0, '0') end
end

local function first_delayed(q)
    local first = call('ZRANGE', q .. 'delayed', 0, 0, 'WITHSCORES')
    return first[2] and math.floor(tonumber(first[2]) / 4096)
end

-- Tells waiting workers when the next delayed job is due.
local function mark_delayed(q)
    local due = first_delayed(q)
    if due then call('ZADD', q .. 'marker', due, '1') end
end

-- Jobs that are due in the same millisecond keep their order, up to 4096 of them.
local function put_into_delayed(q, id, due)
    local first = due * 4096
    local last = first + 4095
    local found = call('ZREVRANGEBYSCORE', q .. 'delayed', last, first, 'WITHSCORES', 'LIMIT', 0, 1)
    local score = first
    if found[2] then score = math.min(tonumber(found[2]) + 1, last) end
    call('ZADD', q .. 'delayed', score, id)
    emit(q, 'delayed', 'jobId', id, 'delay', due)
    mark_delayed(q)
end

local function put_into_prioritized(q, id, priority)
    local count = call('INCR', q .. 'pc')
    call('ZADD', q .. 'prioritized', priority * 4294967296 + count % 4294967296, id)
end

-- Puts a job where workers take it from. `place` is 'first' for the job that is taken next, else it is the last one.
local function put_into_waiting(q, id, place, previous)
    local priority = number(call('HGET', q .. id, 'priority'))
    if priority > 0 then
        if place == 'first' then
            call('ZADD', q .. 'prioritized', priority * 4294967296, id)
        else
            put_into_prioritized(q, id, priority)
        end
    else
        call(place == 'first' and 'RPUSH' or 'LPUSH', waiting_list(q), id)
    end
    mark(q)
    if previous then
        emit(q, 'waiting', 'jobId', id, 'prev', previous)
    else
        emit(q, 'waiting', 'jobId', id)
    end
end

-- Lanes are this project's addition for order within a tenant: of the jobs of a lane only the first one is where workers
-- look, the others are held in a list. The field `arcLane` of a job names its lane.
local function put_into_lane(q, id, lane)
    if call('HGET', q .. 'arc:lanes', lane) then
        call('RPUSH', q .. 'arc:lane:' .. lane, id)
    else
        call('HSET', q .. 'arc:lanes', lane, id)
        put_into_waiting(q, id)
    end
end

-- The first job of a lane has ended: the next one takes its place.
local function advance_lane(q, lane, ended)
    if call('HGET', q .. 'arc:lanes', lane) ~= ended then return end
    while true do
        local id = call('LPOP', q .. 'arc:lane:' .. lane)
        if not id then
            call('HDEL', q .. 'arc:lanes', lane)
            return
        end
        if is_job(q, id) then
            call('HSET', q .. 'arc:lanes', lane, id)
            put_into_waiting(q, id)
            return
        end
    end
end
