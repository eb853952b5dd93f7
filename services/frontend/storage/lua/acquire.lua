#!lua flags=allow-oom
-- Become the owner of a run: one that is queued, whose lease has expired, or that may be tried again.
-- ARGV: digest, fencing token, owner, lease ms, runs at a time, attempts at most; where no run may start now,
--   what `wait_for` reads
-- Returns kind, epoch, next, head, intervals, target, attempts, then id, steps, ... of the ids that wait.
-- kind: run (yours now), mine (yours already), busy (another's, or it waits), full (no slot for it), done (nothing to do).
--include prelude
local token, owner, lease = ARGV[2], ARGV[3], tonumber(ARGV[4])
local slots, attempts_limit = tonumber(ARGV[5]), tonumber(ARGV[6])

local function reply_of(kind)
  local reply = { kind, number('epoch'), number('next'), field('head') or '', number('intervals'), number('target'), number('attempts') }
  for _, word in ipairs(redis.call('ZRANGE', waiting, 0, -1, 'WITHSCORES')) do
    reply[#reply + 1] = word
  end
  return reply
end

local state = field('state')
if living() then
  return reply_of(field('token') == token and 'mine' or 'busy')
end
local unwanted = redis.call('ZCARD', waiting) == 0
if not state or unwanted or (state ~= 'queued' and not owned() and not field('retry_at')) then
  leave_lists() -- a run without a record, or without an id that waits for it
  if state and unwanted and (owned() or state == 'queued' or field('retry_at')) then
    settle('cancelled')
  end
  return reply_of('done')
end
if number('retry_at') > now then
  return reply_of('busy')
end
-- First come, first served: the free slots belong to the first of the queue.
local rank = state == 'queued' and redis.call('ZRANK', queue, digest) or 0
if redis.call('ZCOUNT', active, '(' .. now, '+inf') + rank >= slots then
  return reply_of('full')
end
if number('attempts') >= attempts_limit then
  redis.call('HSET', run, 'error', 'The runner was lost ' .. attempts_limit .. ' times in a row.')
  fail_all(redis.call('ZRANGE', waiting, 0, -1))
  return reply_of('done')
end
if ARGV[7] then
  wait_for(7)
  return reply_of('busy')
end

if owned() then
  count('leases_lost')
elseif not field('started') then
  observe('run_queue', now - number('asked'))
end
count('leases')
leave_lists()
local target = redis.call('ZRANGE', waiting, -1, -1, 'WITHSCORES')[2]
redis.call('HDEL', run, 'cancel', 'behind', 'retry_at', 'error', 'cluster', 'workers', 'wanted', 'rate', 'over',
  'propagating', 'writing')
redis.call('HSET', run, 'state', 'running', 'stage', 'starting', 'token', token, 'owner', owner,
  'lease', now + lease, 'target', target, 'started', now)
redis.call('HINCRBY', run, 'epoch', 1)
redis.call('HINCRBY', run, 'attempts', 1)
redis.call('ZADD', active, now + lease, digest)
note_chain()
emit('status')
return reply_of('run')
