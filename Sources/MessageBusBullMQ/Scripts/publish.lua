-- Publishes events. ARGV: generation that the publisher knows or '', how many events are kept, after how many milliseconds
-- a group that does not come back is forgotten, most jobs waiting in the base queue, options of deliveries as JSON, options
-- of jobs of the base queue as JSON; then six for each event: id, type, lane or '-', JSON, the only groups that get it or '-',
-- '1' when it also goes into the base queue. Returns for each 'published', 'full' or 'held'; nothing when the generation is another one.
local generation = call('GET', queue .. 'arc:generation') or ''
if ARGV[1] ~= '' and ARGV[1] ~= generation then return {} end
local kept, life, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local groups = {}
for _, member in ipairs(call('ZRANGEBYSCORE', queue .. 'arc:groups', now - life, '+inf')) do
    local group, kind = string.match(member, '^(%S+) (%S+)$')
    if group then
        groups[kind] = groups[kind] or {}
        table.insert(groups[kind], group)
    end
end

local full = {}
local function publish(id, kind, lane, event, names, goes_into_base)
    if full[lane] then return 'held' end
    if call('HEXISTS', queue .. 'arc:events', id) == 1 then return 'published' end
    if goes_into_base and call('LLEN', queue .. 'wait') + call('LLEN', queue .. 'paused') >= most then
        if lane ~= '-' then full[lane] = true end
        return 'full'
    end
    call('HSET', queue .. 'arc:events', id, event)
    call('RPUSH', queue .. 'arc:log', id .. ' ' .. kind .. ' ' .. lane .. ' ' .. names)
    for _, group in ipairs(groups[kind] or {}) do
        if concerns(names, group) then deliver(queue_of(group), id, kind, lane, event, ARGV[5]) end
    end
    if goes_into_base then deliver(queue, id, kind, '-', event, ARGV[6]) end
    return 'published'
end

local outcomes = {}
for index = 7, #ARGV, 6 do
    outcomes[#outcomes + 1] = publish(
        ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3], ARGV[index + 4], ARGV[index + 5] == '1')
end
while call('LLEN', queue .. 'arc:log') > kept do
    call('HDEL', queue .. 'arc:events', string.match(call('LPOP', queue .. 'arc:log'), '^%S+'))
end
return outcomes
