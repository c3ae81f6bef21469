-- The message bus on top of queues. `queue` is the base queue; each consumer group has its own queue behind it, and
-- these keys of the base queue are this project's:
--   arc:groups      sorted set of "<group> <type>", scored with when a consumer asked for the type last
--   arc:log         list of the latest events, oldest first: "<id> <type> <lane or -> <groups or ->"
--   arc:events      hash of the same events: id to JSON
--   arc:generation  random text that is lost when the data of Redis is lost
--   arc:outbox:<name>  what an outbox knows of the bus: "<generation> <run id of the server> <microseconds>"
local function queue_of(group)
    return string.sub(queue, 1, -2) .. '-' .. group .. ':'
end

-- Whether a group gets an event. `names` are the only groups that do, separated by commas; '-' for all.
local function concerns(names, group)
    return names == '-' or string.find(',' .. names .. ',', ',' .. group .. ',', 1, true) ~= nil
end

local function deliver(q, id, kind, lane, event, options)
    if call('EXISTS', q .. id) == 1 then return 0 end
    call('INCR', q .. 'id')
    store_job(q, id, kind, event, options, now, 0, 0, nil, lane ~= '-' and lane or nil)
    if lane == '-' then put_into_waiting(q, id) else put_into_lane(q, id, lane) end
    return 1
end
