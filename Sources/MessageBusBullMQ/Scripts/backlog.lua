-- What waits in a queue. ARGV: the most that is counted. Returns {jobs that are not finished, when the oldest of them was added
-- in milliseconds or 0}.
local most = tonumber(ARGV[1])
local count = call('LLEN', queue .. 'wait') + call('LLEN', queue .. 'paused') + call('LLEN', queue .. 'active')
    + call('ZCARD', queue .. 'delayed') + call('ZCARD', queue .. 'prioritized')
local lanes = call('HSCAN', queue .. 'arc:lanes', '0', 'COUNT', most)
for index = 1, #lanes[2], 2 do
    if count >= most then break end
    count = count + call('LLEN', queue .. 'arc:lane:' .. lanes[2][index])
end

local oldest = 0
local function look(ids)
    for _, id in ipairs(ids) do
        local added = number(call('HGET', queue .. id, 'timestamp'))
        if added > 0 and (oldest == 0 or added < oldest) then oldest = added end
    end
end
look(call('LRANGE', queue .. 'wait', -1, -1))
look(call('LRANGE', queue .. 'paused', -1, -1))
look(call('LRANGE', queue .. 'active', -20, -1))
look(call('ZRANGE', queue .. 'delayed', 0, 19))
look(call('ZRANGE', queue .. 'prioritized', 0, 0))
return {math.min(count, most), oldest}
