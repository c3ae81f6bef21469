-- Says that a group wants types. ARGV: group, after how many milliseconds a group that does not come back is forgotten,
-- options of deliveries as JSON, then the types. What is kept of types that are new to the group is delivered to it.
-- Returns how many events.
local group = ARGV[1]
local added = {}
local any = false
for index = 4, #ARGV do
    local member = group .. ' ' .. ARGV[index]
    local seen = call('ZSCORE', queue .. 'arc:groups', member)
    if not seen or tonumber(seen) < now - tonumber(ARGV[2]) then
        added[ARGV[index]] = true
        any = true
    end
    call('ZADD', queue .. 'arc:groups', now, member)
end
local count = 0
if any then
    for _, entry in ipairs(call('LRANGE', queue .. 'arc:log', 0, -1)) do
        local id, kind, lane, names = string.match(entry, '^(%S+) (%S+) (%S+) (%S+)$')
        if id and added[kind] and concerns(names, group) then
            local event = call('HGET', queue .. 'arc:events', id)
            if event then count = count + deliver(queue_of(group), id, kind, lane, event, ARGV[3]) end
        end
    end
end
return count
