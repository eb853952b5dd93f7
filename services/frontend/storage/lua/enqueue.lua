#!lua
-- Join the run that is under way for this trajectory, or queue a new one.
-- Not allow-oom on purpose: with the storage full, new work is refused at the door.
-- ARGV: digest, id, steps, trajectory JSON, queue limit, limit of ids per run, retry ('1': try what failed again)
-- Returns queued (a new run), extended (the run, or the one after it, becomes longer), joined or
--   failed (for good), with the run's snapshot; or complete, or full and how many runs wait.
--include prelude
--keys request published manifest
local id, steps = ARGV[2], tonumber(ARGV[3])
local line_limit, waiting_limit, again = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'

if redis.call('SISMEMBER', published, id) == 1 and redis.call('EXISTS', manifest) == 1 then
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
if redis.call('ZCARD', waiting) >= waiting_limit or not under_way and line >= line_limit then
  count('line_full')
  return { 'full', line }
end

local longest = tonumber(redis.call('ZREVRANGE', waiting, 0, 0, 'WITHSCORES')[2] or 0)
if owned() then
  longest = math.max(longest, number('target'))
end
redis.call('SET', request, ARGV[4])
redis.call('ZADD', waiting, steps, id)
forget_ended(id)
if not under_way then
  redis.call('HDEL', run, 'attempts', 'error', 'started', 'done', 'target', 'waits', 'waits_since')
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
return { steps > longest and 'extended' or 'joined', snapshot() }
