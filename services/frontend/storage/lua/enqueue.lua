#!lua
-- Join the run that is under way for this trajectory, or queue a new one.
-- Not allow-oom on purpose: with the storage full, new work is refused at the door.
-- ARGV: digest, id, steps, trajectory JSON, queue limit, limit of ids per run, retry ('1': try what failed again),
--   SHA-1 of a damaged manifest that does not count ('': none), the order that this is ('': none), ensemble ('1':
--   each step count is computed for itself), then what new work costs: cost, limit and window (s) of each counter
-- Returns queued (a new run), extended (the run, or the one after it, becomes longer, or has another ensemble to
--   compute), joined or failed (for good), with the run's snapshot; or complete, or full and how many runs, or
--   step counts of the ensemble, wait, or quota, the counter (from 0) that has no room for it, and when that is
--   reset (s).
--include prelude
--constant ORDER_LIFE_MS
--keys request published manifest order charged...
local id, steps = ARGV[2], tonumber(ARGV[3])
local order_document, ensemble, costs = ARGV[9], ARGV[10] == '1', 11
local line_limit, waiting_limit, again = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'

local document = redis.call('SISMEMBER', published, id) == 1 and redis.call('GET', manifest)
if document and (ARGV[8] == '' or redis.sha1hex(document) ~= ARGV[8]) then
  return { 'complete' }
end
local failure = field('failure')
if failure and steps > cjson.decode(failure).iteration then
  return { 'failed', snapshot() }
end
if redis.call('ZSCORE', waiting, id) then
  return { 'joined', snapshot() }
end
if not again and redis.call('ZSCORE', ended, id .. ' failed') then
  return { 'failed', snapshot() }
end

local state = field('state')
local under_way = owned() or state == 'queued' or field('retry_at')
local line = redis.call('ZCARD', queue) + redis.call('ZCARD', retry)
if not under_way and line >= line_limit then
  count('line_full')
  return { 'full', line }
end
if ensemble and redis.call('ZCARD', waiting) >= waiting_limit then -- none of them comes of a longer one
  count('line_full')
  return { 'full', redis.call('ZCARD', waiting) }
end

local longest = tonumber(redis.call('ZREVRANGE', waiting, 0, 0, 'WITHSCORES')[2] or 0)
if owned() then
  longest = math.max(longest, number('target'))
end
local adds_work = ensemble or steps > longest

if not under_way or adds_work then -- charged in this step: a run that is refused never was there to be joined
  for index = 0, #KEYS - charged do
    local key, cost, limit = KEYS[charged + index], ARGV[costs + 3 * index], tonumber(ARGV[costs + 1 + 3 * index])
    if (redis.call('GET', key) or 0) + cost > limit then
      return { 'quota', index, math.max(1, redis.call('TTL', key)) }
    end
  end
  for index = 0, #KEYS - charged do
    local key, cost = KEYS[charged + index], ARGV[costs + 3 * index]
    if redis.call('INCRBY', key, cost) == tonumber(cost) then
      redis.call('EXPIRE', key, ARGV[costs + 2 + 3 * index])
    end
  end
end
-- More ids than are kept: the run reaches all that are shorter than its longest, so they need not be.
if redis.call('ZCARD', waiting) >= waiting_limit then
  redis.call('HSET', run, 'crowded', 1)
  if steps <= longest then
    return { 'joined', snapshot() }
  end
  local dropped = redis.call('ZRANGE', waiting, 0, 0)[1]
  redis.call('HDEL', run, 'order:' .. dropped, 'asked:' .. dropped)
  redis.call('ZREMRANGEBYRANK', waiting, 0, 0)
end
redis.call('SET', request, ARGV[4])
redis.call('ZADD', waiting, steps, id)
redis.call('HSET', run, 'asked:' .. id, now)
if order_document ~= '' then
  redis.call('SET', order, order_document, 'PX', ORDER_LIFE_MS)
  redis.call('HSET', run, 'order:' .. id, order_document)
end
forget_ended(id)
if not under_way then
  redis.call('HDEL', run, 'attempts', 'error', 'started', 'propagating', 'writing', 'of', 'done', 'target', 'crowded', 'waits', 'waits_since')
  redis.call('HSET', run, 'asked', now)
  line_up()
  return { 'queued', snapshot() }
end
if owned() then
  if steps <= number('target') then
    if redis.call('HDEL', run, 'cancel') == 1 then -- wanted again before its owner has looked
      redis.call('HSET', run, 'target', steps)
    end
  elseif not field('behind') then
    redis.call('HSET', run, 'behind', redis.call('INCR', sequence))
  end
end
emit('status')
return { adds_work and 'extended' or 'joined', snapshot() }
