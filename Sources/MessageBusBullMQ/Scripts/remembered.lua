-- Everything that the bus may have lost is pending again in an outbox. ARGV: outbox, run id, instant, generation.
-- Returns 0 when the bus has lost its data again.
if call('GET', queue .. 'arc:generation') ~= ARGV[4] then return 0 end
local key = queue .. 'arc:outbox:' .. ARGV[1]
call('SET', key, ARGV[4] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
call('DEL', key .. ':lock')
return 1
