-- Gives back what was claimed with a token (ARGV[1]) by a claim whose answer was lost. Returns how many jobs.
local count = 0
for _, id in ipairs(call('LRANGE', queue .. 'active', 0, -1)) do
    if call('GET', queue .. id .. ':lock') == ARGV[1] then
        call('DEL', queue .. id .. ':lock')
        call('SREM', queue .. 'stalled', id)
        call('LREM', queue .. 'active', -1, id)
        put_into_waiting(queue, id, 'first', 'active')
        count = count + 1
    end
end
return count
