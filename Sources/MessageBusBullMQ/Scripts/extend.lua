-- Extends locks. ARGV: lock in milliseconds, then pairs of id and token. Returns 1 or 0 for each pair.
local kept = {}
for index = 2, #ARGV, 2 do
    local id, token = ARGV[index], ARGV[index + 1]
    if call('GET', queue .. id .. ':lock') == token then
        call('SET', queue .. id .. ':lock', token, 'PX', ARGV[1])
        call('SREM', queue .. 'stalled', id)
        kept[#kept + 1] = 1
    else
        kept[#kept + 1] = 0
    end
end
return kept
