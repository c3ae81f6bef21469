-- Makes jobs wait again whose workers have died, and moves lanes on whose first job has ended elsewhere. ARGV: how often a
-- job may stall, interval in milliseconds, in which only one worker looks. Returns the stalled jobs.
if not call('SET', queue .. 'stalled-check', now, 'PX', ARGV[2], 'NX') then return {} end

-- The product of a scheduler never fails for it: its successor depends on it.
local function is_scheduled(key)
    local scheduler = call('HGET', key, 'rjk')
    return scheduler and (call('EXISTS', queue .. 'repeat:' .. scheduler) == 1
        or call('ZSCORE', queue .. 'repeat', scheduler) ~= false)
end

local stalled = {}
for _, id in ipairs(call('SMEMBERS', queue .. 'stalled')) do
    call('SREM', queue .. 'stalled', id)
    local key = queue .. id
    if call('EXISTS', key .. ':lock') == 0 and call('LREM', queue .. 'active', 1, id) > 0 and is_job(queue, id) then
        if increment(key, 'stc') > number(ARGV[1]) and not is_scheduled(key) then
            call('HSET', key, 'defa', 'job stalled more than allowable limit')
        end
        put_into_waiting(queue, id, 'first', 'active')
        emit(queue, 'stalled', 'jobId', id)
        stalled[#stalled + 1] = id
    end
end
local active = call('LRANGE', queue .. 'active', 0, -1)
for from = 1, #active, 5000 do
    call('SADD', queue .. 'stalled', unpack(active, from, math.min(from + 4999, #active)))
end

-- A part of the lanes at each look, however many there are.
local lanes = call('HSCAN', queue .. 'arc:lanes', call('GET', queue .. 'arc:lanes-seen') or '0', 'COUNT', 500)
call('SET', queue .. 'arc:lanes-seen', lanes[1])
for index = 1, #lanes[2], 2 do
    local lane, id = lanes[2][index], lanes[2][index + 1]
    if not is_job(queue, id) or call('ZSCORE', queue .. 'completed', id) or call('ZSCORE', queue .. 'failed', id) then
        advance_lane(queue, lane, id)
    end
end
return stalled
