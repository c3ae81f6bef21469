-- Adds a job. ARGV: id or '', name, data, options as JSON, timestamp or 0, delay, priority, '1' for last in first out,
-- deduplication id or '', its life in milliseconds or 0, '1' to extend it, '1' to replace a delayed job.
-- Returns {id, 'added' | 'duplicated' | 'deduplicated'}.
local name, data, options = ARGV[2], ARGV[3], ARGV[4]
local timestamp, delay, priority = number(ARGV[5]), number(ARGV[6]), number(ARGV[7])
local deduplication, life = ARGV[9], number(ARGV[10])
local extends, replaces = ARGV[11] == '1', ARGV[12] == '1'
if timestamp == 0 then timestamp = now end

local count = call('INCR', queue .. 'id')
local id = ARGV[1] ~= '' and ARGV[1] or string.format('%.0f', count)
if ARGV[1] ~= '' and call('EXISTS', queue .. id) == 1 then
    emit(queue, 'duplicated', 'jobId', id)
    return {id, 'duplicated'}
end

local function own(key, owner)
    if life > 0 then call('SET', key, owner, 'PX', life) else call('SET', key, owner) end
end

-- Returns the job that this one duplicates, or nothing if this one has to be added.
local function deduplicated()
    local key = queue .. 'de:' .. deduplication
    local owner = call('GET', key)
    -- Without a life the key ends with its job; when the job is gone, the key was left behind.
    if not owner or (call('PTTL', key) == -1 and call('EXISTS', queue .. owner) == 0) then
        call('DEL', queue .. 'dn:' .. deduplication)
        own(key, id)
        return nil
    end
    if replaces then
        if call('ZREM', queue .. 'delayed', owner) == 0 then return owner end
        delete_job(queue, owner)
        call('DEL', queue .. 'dn:' .. deduplication)
        emit(queue, 'removed', 'jobId', owner, 'prev', 'delayed')
        if life > 0 and not extends then call('SET', key, id, 'KEEPTTL') else own(key, id) end
        emit(queue, 'deduplicated', 'jobId', id, 'deduplicationId', deduplication, 'deduplicatedJobId', owner)
        return nil
    end
    if extends and life > 0 then own(key, owner) end
    return owner
end

if deduplication ~= '' then
    local owner = deduplicated()
    if owner then
        emit(queue, 'deduplicated', 'jobId', owner, 'deduplicationId', deduplication, 'deduplicatedJobId', id)
        return {owner, 'deduplicated'}
    end
end

store_job(queue, id, name, data, options, timestamp, delay, priority, deduplication ~= '' and deduplication or nil)
if delay > 0 then
    put_into_delayed(queue, id, timestamp + delay)
else
    put_into_waiting(queue, id, ARGV[8] == '1' and 'first')
end
return {id, 'added'}
