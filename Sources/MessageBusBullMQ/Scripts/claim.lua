-- Takes jobs. ARGV: most jobs, token, lock in milliseconds, worker name or '', rate limit of the worker or 0, its window.
-- Returns {jobs as {id, fields}, milliseconds until the next try is of use or -1}.
local limit, token, lock, worker = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local settings = call('HMGET', queue .. 'meta', 'max', 'duration')
local rate, window = tonumber(settings[1] or nil), tonumber(settings[2] or nil)
if not rate and number(ARGV[5]) > 0 then rate, window = number(ARGV[5]), number(ARGV[6]) end

local function promote()
    local due = call('ZRANGEBYSCORE', queue .. 'delayed', '-inf', (now + 1) * 4096 - 1, 'LIMIT', 0, 1000)
    for _, id in ipairs(due) do
        call('ZREM', queue .. 'delayed', id)
        if is_job(queue, id) then
            call('HSET', queue .. id, 'delay', 0)
            put_into_waiting(queue, id, nil, 'delayed')
        end
    end
end

local function time_until_rate_allows()
    if not rate or number(call('GET', queue .. 'limiter')) < rate then return 0 end
    local remaining = call('PTTL', queue .. 'limiter')
    if remaining == -1 then call('DEL', queue .. 'limiter') end
    return math.max(remaining, 0)
end

local function next_id()
    while true do
        local id = call('RPOPLPUSH', queue .. 'wait', queue .. 'active')
        if not id then
            local first = call('ZPOPMIN', queue .. 'prioritized')
            id = first[1]
            if not id then
                call('DEL', queue .. 'pc')
                return nil
            end
            call('LPUSH', queue .. 'active', id)
        end
        -- Markers of old versions ("0:…"), and jobs that were deleted.
        if string.sub(id, 1, 2) ~= '0:' and is_job(queue, id) then return id end
        call('LREM', queue .. 'active', 1, id)
    end
end

local function start(id)
    local key = queue .. id
    if rate and call('HEXISTS', key, 'defa') == 0 and call('INCR', queue .. 'limiter') == 1 then
        call('PEXPIRE', queue .. 'limiter', math.max(math.floor(window or 0), 1))
    end
    call('SET', key .. ':lock', token, 'PX', lock)
    call('HSET', key, 'processedOn', now)
    if worker ~= '' then call('HSET', key, 'pb', worker) end
    increment(key, 'ats')
    emit(queue, 'active', 'jobId', id, 'prev', 'waiting')
    return {id, call('HGETALL', key)}
end

promote()
local jobs = {}
local pause = -1
while #jobs < limit do
    pause = time_until_rate_allows()
    if pause > 0 then break end
    pause = -1
    if is_paused(queue) or is_at_limit(queue) then break end
    local id = next_id()
    if not id then break end
    jobs[#jobs + 1] = start(id)
end
-- Wakes the next worker; it wakes another one in turn, until nothing is left.
if #jobs > 0 then mark(queue) end
if pause < 0 then
    local due = first_delayed(queue)
    if due then pause = math.max(due - now, 0) end
end
return {jobs, pause}
