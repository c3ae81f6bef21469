-- Pauses a queue (ARGV[1] = '1') or lets it go on.
local wait, paused = queue .. 'wait', queue .. 'paused'

-- Puts all of one list before all of another: it is older.
local function move(from, to)
    if call('EXISTS', from) == 0 then return end
    if call('EXISTS', to) == 0 then
        call('RENAME', from, to)
        return
    end
    while true do
        local ids = call('LRANGE', from, 0, 4999)
        if #ids == 0 then return end
        call('RPUSH', to, unpack(ids))
        call('LTRIM', from, #ids, -1)
    end
end

if ARGV[1] == '1' then
    call('HSET', queue .. 'meta', 'paused', 1)
    if not keeps_paused_jobs_in_wait(queue) then move(wait, paused) end
    call('DEL', queue .. 'marker')
    emit(queue, 'paused')
else
    call('HDEL', queue .. 'meta', 'paused')
    move(paused, wait)
    if call('LLEN', wait) + call('ZCARD', queue .. 'prioritized') > 0 then mark(queue) end
    mark_delayed(queue)
    emit(queue, 'resumed')
end
return 1
