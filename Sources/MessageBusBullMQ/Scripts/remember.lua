-- Compares what an outbox knows of the bus with what is there. ARGV: outbox, run id of the server, the outbox's present
-- instant in microseconds, random text, how long a relay may take to make events pending again, in milliseconds, the relay.
-- Returns {'kept' | 'wait' | 'since' | 'all', generation, instant}.
local generation = call('GET', queue .. 'arc:generation')
if not generation then
    generation = ARGV[4]
    call('SET', queue .. 'arc:generation', generation)
end
local key = queue .. 'arc:outbox:' .. ARGV[1]
local known_generation, run, instant = string.match(call('GET', key) or '', '^(%S+) (%S+) (%S+)$')
if known_generation == generation and run == ARGV[2] then
    call('SET', key, generation .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
    return {'kept', generation, ''}
end
local owner = call('GET', key .. ':lock')
if owner and owner ~= ARGV[6] then return {'wait', generation, ''} end
call('SET', key .. ':lock', ARGV[6], 'PX', ARGV[5])
if known_generation == generation then return {'since', generation, instant} end
return {'all', generation, ''}
