-- How jobs end, with what follows from it for their parents, their deduplication and older jobs.

-- A parent whose children are done goes on.
local function resume_parent(q, id)
    local fields = call('HMGET', q .. id, 'delay', 'priority')
    local delay = number(fields[1])
    if delay > 0 then
        put_into_delayed(q, id, now + delay)
    else
        put_into_waiting(q, id, 'first', 'waiting-children')
    end
end

local function resume_waiting_parent(q, id)
    if is_job(q, id) and call('ZREM', q .. 'waiting-children', id) == 1 then resume_parent(q, id) end
end

local function parent_of(key)
    local parent = object(call('HGET', key, 'parent'))
    if type(parent.queueKey) ~= 'string' or parent.id == nil then return nil end
    parent.id = tostring(parent.id)
    parent.queue = parent.queueKey .. ':'
    parent.key = parent.queue .. parent.id
    return parent
end

local function child_completed(key, value)
    local parent = parent_of(key)
    if not parent or call('SREM', parent.key .. ':dependencies', key) == 0 then return end
    call('HSET', parent.key .. ':processed', key, value)
    if call('SCARD', parent.key .. ':dependencies') == 0 then resume_waiting_parent(parent.queue, parent.id) end
end

local function fail_parent(parent, key)
    call('ZADD', parent.key .. ':unsuccessful', now, key)
    if not is_job(parent.queue, parent.id) or call('ZSCORE', parent.queue .. 'failed', parent.id) then return end
    call('HSET', parent.key, 'defa', 'child ' .. key .. ' failed')
    local waits = call('ZREM', parent.queue .. 'waiting-children', parent.id) == 1
    if not waits and call('ZREM', parent.queue .. 'delayed', parent.id) == 1 then
        call('HSET', parent.key, 'delay', 0)
        waits = true
    end
    if waits then resume_parent(parent.queue, parent.id) end
end

local function child_failed(key, reason)
    local parent = parent_of(key)
    local fails, continues = parent and parent.fpof == true, parent and parent.cpof == true
    local ignores = parent and parent.idof == true
    if not parent or not (fails or continues or ignores or parent.rdof == true) then return end
    if call('SREM', parent.key .. ':dependencies', key) == 0 then return end
    if fails then
        fail_parent(parent, key)
        return
    end
    if continues or ignores then call('HSET', parent.key .. ':failed', key, reason) end
    if continues or call('SCARD', parent.key .. ':dependencies') == 0 then
        resume_waiting_parent(parent.queue, parent.id)
    end
end

-- Deletes a job with everything that belongs to it. A parent does not wait for it any longer.
local function delete_job(q, id)
    local key = q .. id
    local fields = call('HMGET', key, 'parentKey', 'arcLane')
    local parent = fields[1] and fields[1] ~= '' and parent_of(key)
    call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed',
        key .. ':unsuccessful')
    if parent and call('SREM', parent.key .. ':dependencies', key) == 1
        and call('SCARD', parent.key .. ':dependencies') == 0 then
        resume_waiting_parent(parent.queue, parent.id)
    end
    if fields[2] then advance_lane(q, fields[2], id) end
end

-- Stores a job. `waits` is false when the caller puts it somewhere itself.
local function store_job(q, id, name, data, options, timestamp, delay, priority, deduplication, lane)
    local fields = {
        'name', name, 'data', data, 'opts', options, 'timestamp', timestamp, 'delay', delay, 'priority', priority,
    }
    if deduplication then
        fields[#fields + 1] = 'deid'
        fields[#fields + 1] = deduplication
    end
    if lane then
        fields[#fields + 1] = 'arcLane'
        fields[#fields + 1] = lane
    end
    call('HSET', q .. id, unpack(fields))
    emit(q, 'added', 'jobId', id, 'name', name)
end

-- The job that was to follow the last one of its deduplication (`keepLastIfActive`) is added now.
local function follow_deduplicated(q, deduplication)
    local stored = call('HGETALL', q .. 'dn:' .. deduplication)
    if #stored == 0 then return end
    local next_job = {}
    for index = 1, #stored, 2 do next_job[stored[index]] = stored[index + 1] end
    call('DEL', q .. 'dn:' .. deduplication)
    local id = next_job.jid or tostring(call('INCR', q .. 'id'))
    if not next_job.name or not next_job.data or call('EXISTS', q .. id) == 1 then return end
    local options = object(next_job.opts)
    local delay, priority = number(options.delay), number(options.priority)
    store_job(q, id, next_job.name, next_job.data, next_job.opts or '{}', now, delay, priority, deduplication)
    if next_job.rjk then call('HSET', q .. id, 'rjk', next_job.rjk) end
    if next_job.pk and next_job.pd then
        call('HSET', q .. id, 'parentKey', next_job.pk, 'parent', next_job.pd)
        call('SADD', next_job.pdk or (next_job.pk .. ':dependencies'), q .. id)
    end
    call('SET', q .. 'de:' .. deduplication, id)
    if delay > 0 then
        put_into_delayed(q, id, now + delay)
    else
        put_into_waiting(q, id, options.lifo == true and 'first')
    end
end

local function end_deduplication(q, id, deduplication)
    local key = q .. 'de:' .. deduplication
    local remaining = call('PTTL', key)
    if remaining == 0 or (remaining == -1 and call('GET', key) == id) then call('DEL', key) end
    follow_deduplicated(q, deduplication)
end

-- Deletes finished jobs beyond an age in seconds, at most `limit` of them, and beyond a count.
local function trim(q, set, age, count, limit)
    local old = {}
    if age >= 0 then
        old = call('ZRANGEBYSCORE', q .. set, '-inf', now - age * 1000, 'LIMIT', 0, limit)
    end
    for _, id in ipairs(old) do
        call('ZREM', q .. set, id)
        delete_job(q, id)
    end
    if count < 0 then return end
    for _, id in ipairs(call('ZREVRANGE', q .. set, count, count + 999)) do
        call('ZREM', q .. set, id)
        delete_job(q, id)
    end
end

-- Ends a job that has left `active`. `keep` is {count, age, limit}; a count of -1 keeps all, 0 none; an age of -1 any.
local function finish(q, id, set, value, stack, keep)
    local key = q .. id
    local fields = call('HMGET', key, 'deid', 'arcLane', 'opts')
    local attempts = increment(key, 'atm')
    if fields[1] then end_deduplication(q, id, fields[1]) end
    if set == 'completed' then child_completed(key, value) else child_failed(key, value) end
    if keep[1] == 0 then
        delete_job(q, id)
    else
        -- Microseconds as the fraction, so that the order is that in which jobs ended.
        call('ZADD', q .. set, tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000, id)
        if set == 'completed' then
            call('HSET', key, 'returnvalue', value, 'finishedOn', now)
        else
            call('HSET', key, 'failedReason', value, 'stacktrace', stack, 'finishedOn', now)
            call('HDEL', key, 'defa')
        end
        if fields[2] then advance_lane(q, fields[2], id) end
    end
    if set == 'completed' then
        emit(q, 'completed', 'jobId', id, 'returnvalue', value, 'prev', 'active')
    else
        emit(q, 'failed', 'jobId', id, 'failedReason', value, 'prev', 'active')
        if attempts >= number(object(fields[3]).attempts) then
            emit(q, 'retries-exhausted', 'jobId', id, 'attemptsMade', attempts)
        end
    end
    -- A job that is not kept says nothing about others.
    if keep[1] ~= 0 then trim(q, set, keep[2], keep[1], keep[3]) end
    if call('LLEN', q .. 'wait') == 0 and call('LLEN', q .. 'active') == 0 and call('ZCARD', q .. 'prioritized') == 0 then
        emit(q, 'drained')
    end
end
