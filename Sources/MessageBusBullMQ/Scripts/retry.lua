-- Makes failed jobs wait again, with all their attempts before them. ARGV: most jobs, then ids; without ids the oldest ones.
-- Returns how many.
local limit = tonumber(ARGV[1])
local ids = {}
if #ARGV > 1 then
    for index = 2, #ARGV do ids[#ids + 1] = ARGV[index] end
    local places = {}
    for _, id in ipairs(ids) do places[id] = number(call('ZSCORE', queue .. 'failed', id)) end
    table.sort(ids, function(one, other)
        if places[one] ~= places[other] then return places[one] < places[other] end
        return one < other
    end)
else
    ids = call('ZRANGE', queue .. 'failed', 0, limit - 1)
end

local count = 0
local lanes = {}
local order = {}
for _, id in ipairs(ids) do
    local key = queue .. id
    if call('ZREM', queue .. 'failed', id) == 1 and is_job(queue, id) then
        count = count + 1
        call('HDEL', key, 'failedReason', 'stacktrace', 'finishedOn', 'processedOn', 'returnvalue', 'defa', 'stc')
        call('HSET', key, 'atm', 0, 'ats', 0)
        local lane = call('HGET', key, 'arcLane')
        if lane then
            if not lanes[lane] then
                lanes[lane] = {}
                order[#order + 1] = lane
            end
            table.insert(lanes[lane], id)
        else
            put_into_waiting(queue, id, nil, 'failed')
        end
    end
end
-- Before those of their lane that are held, and in their order.
for _, lane in ipairs(order) do
    local list = lanes[lane]
    for index = #list, 1, -1 do call('LPUSH', queue .. 'arc:lane:' .. lane, list[index]) end
    if not call('HGET', queue .. 'arc:lanes', lane) then
        call('HSET', queue .. 'arc:lanes', lane, '')
        advance_lane(queue, lane, '')
    end
end
return count
