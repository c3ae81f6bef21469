-- Ends claims. ARGV: nine for each: id, token, 'completed' | 'failed' | 'retry' | 'release', value (result as JSON or
-- reason), stack traces as JSON, delay in milliseconds, and what to keep of finished jobs: count, age, limit.
-- Returns for each 1, or 0 when the claim was not valid any more, or -4 when children of the job are not done.
local function leave_active(id, token)
    local key = queue .. id
    if call('GET', key .. ':lock') ~= token then return false end
    call('DEL', key .. ':lock')
    call('SREM', queue .. 'stalled', id)
    return call('LREM', queue .. 'active', -1, id) > 0 and is_job(queue, id)
end

local function come_back(id, delay, place)
    if delay > 0 then
        call('HSET', queue .. id, 'delay', delay)
        put_into_delayed(queue, id, now + delay)
    else
        put_into_waiting(queue, id, place, 'active')
    end
end

local function settle(id, token, kind, value, stack, delay, keep)
    local key = queue .. id
    if kind == 'completed' and (call('SCARD', key .. ':dependencies') > 0
        or call('ZCARD', key .. ':unsuccessful') > 0) then
        return -4
    end
    if not leave_active(id, token) then return 0 end
    if kind == 'completed' or kind == 'failed' then
        finish(queue, id, kind, value, stack, keep)
    elseif kind == 'retry' then
        increment(key, 'atm')
        call('HSET', key, 'failedReason', value, 'stacktrace', stack)
        come_back(id, delay, object(call('HGET', key, 'opts')).lifo == true and 'first')
    else
        come_back(id, delay, 'first')
    end
    return 1
end

local outcomes = {}
for index = 1, #ARGV, 9 do
    outcomes[#outcomes + 1] = settle(
        ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3], ARGV[index + 4], number(ARGV[index + 5]),
        {number(ARGV[index + 6]), number(ARGV[index + 7]), number(ARGV[index + 8])})
end
-- A place of the queue's concurrency may be free now.
if call('LLEN', queue .. 'wait') > 0 or call('ZCARD', queue .. 'prioritized') > 0 then mark(queue) end
return outcomes
