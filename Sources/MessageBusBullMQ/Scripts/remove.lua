-- Deletes jobs that nobody works on. ARGV: ids. Returns for each 1, or 0 when it is locked or not there.
local outcomes = {}
for _, id in ipairs(ARGV) do
    local key = queue .. id
    if not is_job(queue, id) or call('EXISTS', key .. ':lock') == 1 then
        outcomes[#outcomes + 1] = 0
    else
        for _, list in ipairs({'wait', 'paused', 'active'}) do call('LREM', queue .. list, 0, id) end
        for _, set in ipairs({'delayed', 'prioritized', 'waiting-children', 'completed', 'failed'}) do
            call('ZREM', queue .. set, id)
        end
        local fields = call('HMGET', key, 'deid', 'arcLane')
        if fields[1] and call('GET', queue .. 'de:' .. fields[1]) == id then
            call('DEL', queue .. 'de:' .. fields[1], queue .. 'dn:' .. fields[1])
        end
        if fields[2] then call('LREM', queue .. 'arc:lane:' .. fields[2], 0, id) end
        delete_job(queue, id)
        emit(queue, 'removed', 'jobId', id, 'prev', 'unknown')
        outcomes[#outcomes + 1] = 1
    end
end
return outcomes
