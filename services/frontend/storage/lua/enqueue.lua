#!lua
-- Join the run that is under way for this trajectory, or line up a new one.
-- Not allow-oom on purpose: with the storage full, new work is refused at the door.
-- ARGV: digest, id, steps, trajectory JSON, line limit, waiting limit, retry ('1': try what failed again)
-- Returns queued (a new run), extended (the run, or the one after it, becomes longer), joined,
--   complete, failed (for good), or full.
--include prelude
local request, published, manifest = KEYS[11], KEYS[12], KEYS[13]
local id, steps = ARGV[2], tonumber(ARGV[3])
local line_limit, waiting_limit, again = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'

if redis.call('SISMEMBER', published, id) == 1 and redis.call('EXISTS', manifest) == 1 then
  return 'complete'
end
local failure = field('failure')
if failure and steps > cjson.decode(failure).iteration then
  return 'failed'
end
if redis.call('ZSCORE', waiting, id) then
  return 'joined'
end
if not again and redis.call('ZSCORE', ended, id .. ' failed') then
  return 'failed'
end

local state = field('state')
local under_way = owned() or state == 'queued' or field('retry_at')
if redis.call('ZCARD', waiting) >= waiting_limit then
  count('line_full')
  return 'full'
end
if not under_way and redis.call('ZCARD', queue) + redis.call('ZCARD', retry) >= line_limit then
  count('line_full')
  return 'full'
end

local longest = tonumber(redis.call('ZREVRANGE', waiting, 0, 0, 'WITHSCORES')[2] or 0)
if owned() then
  longest = math.max(longest, number('target'))
end
redis.call('SET', request, ARGV[4])
redis.call('ZADD', waiting, steps, id)
forget_ended(id)
if not under_way then
  redis.call('HDEL', run, 'attempts', 'error', 'started', 'done', 'target')
  redis.call('HSET', run, 'asked', now)
  line_up()
  return 'queued'
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
return steps > longest and 'extended' or 'joined'
