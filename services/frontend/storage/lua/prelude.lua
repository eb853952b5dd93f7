-- What the scripts of the run protocol share: `--include prelude` is replaced by this.
-- A run's record (`run`) is a hash without TTL:
--   state     queued, running, publishing, done, failed or cancelled
--   token, epoch, owner, lease    its owner (token: the fencing token), and until when (ms of Redis' clock)
--   next, head, intervals         the next stretch, the last one's checksum, the stored intervals
--   target    the steps that this owner computes; a longer request waits behind it
--   seq, behind   its number in the queue, and the number of what waits behind it
--   attempts  owners since the last stretch was put;  cancel  set: the owner is to stop
--   waits, waits_since  how often and since when (ms) it has waited for what it lacks, since the last stretch
--   stage, of, done, rate, workers, wanted, cluster   progress (of: the steps of the
--             result that done and rate are of, of an ensemble);  error, retry_at, failure   what went wrong
--   asked, started, propagating, writing, over   when (ms): of this owner, from `started` to `writing`
--   asked:<id>   when an id that waits began to (ms): it may be later than the run
--   order:<id>   an order that waits, as JSON: the key of its own may be evicted
--   crowded   set: more ids wait than `waiting` keeps; all up to the longest count as waiting

--include record
--keys run waiting ended events chain queue active retry over sequence counters
local digest = ARGV[1]

--constant EVENTS_KEPT
--constant BOUNDS_MS
local ENDED_KEPT = 256
local EVENTS_LINGER_MS = 600000 -- then the sweeper deletes the stream
local SHOWN = {
  'state', 'stage', 'target', 'epoch', 'attempts', 'of', 'done', 'rate', 'workers', 'wanted',
  'cluster', 'error', 'retry_at', 'failure', 'asked', 'started', 'propagating', 'writing', 'over',
}

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function field(name)
  return redis.call('HGET', run, name)
end

local function number(name)
  return tonumber(field(name) or 0)
end

-- Counts an event of this installation; counters.py lists them.
local function count(what, amount)
  redis.call('HINCRBY', counters, what, amount or 1)
end

local function observe(what, ms)
  local bucket = 'more'
  for _, bound in ipairs(BOUNDS_MS[what]) do
    if ms <= bound then
      bucket = bound
      break
    end
  end
  count(what .. '/' .. bucket)
  count(what .. '/sum', ms)
end

local function owned()
  local state = field('state')
  return state == 'running' or state == 'publishing'
end

local function living()
  return owned() and number('lease') > now
end

local function holds(token, epoch)
  return field('token') == token and field('epoch') == epoch
end

-- Adds an event to the stream: its name (and the id that it concerns), and the run as it is now.
local function emit(name, id, outcome)
  local entry = { 'XADD', events, 'MAXLEN', EVENTS_KEPT, '*', 'event', name }
  local function add(key, value)
    if value then
      entry[#entry + 1] = key
      entry[#entry + 1] = value
    end
  end
  add('id', id)
  add('outcome', outcome)
  for index, value in ipairs(redis.call('HMGET', run, unpack(SHOWN))) do
    add(SHOWN[index], value)
  end
  local rank = redis.call('ZRANK', queue, digest)
  add('position', rank and rank + 1)
  redis.call(unpack(entry))
end

local function snapshot()
  return snapshot_of(queue, digest, run, waiting, ended, events, chain)
end

local function well_formed(entry)
  return type(entry) == 'table' and type(entry.checksum) == 'string'
    and type(entry.first) == 'number' and type(entry.count) == 'number'
end

-- The chain is authoritative; the record repeats it for readers of the record alone.
local function read_chain()
  local last = redis.call('LINDEX', chain, -1)
  while last do
    local ok, entry = pcall(cjson.decode, last)
    if ok and well_formed(entry) then
      return redis.call('LLEN', chain), entry.checksum, entry.first + entry.count
    end
    redis.call('RPOP', chain) -- damaged: computed again
    last = redis.call('LINDEX', chain, -1)
  end
  return 0, '', 0
end

local function note_chain()
  local next, head, intervals = read_chain()
  redis.call('HSET', run, 'next', next, 'head', head, 'intervals', intervals)
  return next, head, intervals
end

local function unlink_from(first)
  for index = first, #KEYS do
    redis.call('UNLINK', KEYS[index])
  end
end

local function leave_lists()
  redis.call('ZREM', queue, digest)
  redis.call('ZREM', active, digest)
  redis.call('ZREM', retry, digest)
end

-- The run is over: done, failed for good, or cancelled.
local function settle(state)
  leave_lists()
  redis.call('HSET', run, 'state', state, 'over', now)
  redis.call('HDEL', run, 'cancel', 'behind', 'retry_at', 'waits', 'waits_since')
  redis.call('ZADD', over, now + EVENTS_LINGER_MS, digest)
  count('runs_ended/' .. state)
  emit('status')
end

-- The run waits for an owner, under the number `seq` of the queue (nil: a new one).
local function line_up(seq)
  seq = seq or redis.call('INCR', sequence)
  leave_lists()
  redis.call('ZREM', over, digest)
  redis.call('HSET', run, 'state', 'queued', 'seq', seq)
  redis.call('HDEL', run, 'cancel', 'behind', 'retry_at', 'stage', 'cluster', 'workers', 'wanted', 'rate', 'over')
  redis.call('ZADD', queue, seq, digest)
  emit('status')
end

-- After an owner has left: what waits behind it is queued under its own number, else the run is over.
local function go_on_or(state)
  if redis.call('ZCARD', waiting) == 0 then
    settle(state)
  else
    line_up(field('behind'))
  end
end

-- This id no longer waits; `outcome` is what its subscribers are told.
local function depart(id, outcome)
  redis.call('ZREM', waiting, id)
  redis.call('HDEL', run, 'order:' .. id, 'asked:' .. id)
  if outcome ~= 'complete' then
    redis.call('ZADD', ended, now, id .. ' ' .. outcome)
    redis.call('ZREMRANGEBYRANK', ended, 0, -ENDED_KEPT - 1)
  end
  emit('done', id, outcome)
end

-- An attempt of an owner that did nothing wrong does not count.
local function refund_attempt()
  redis.call('HSET', run, 'attempts', math.max(0, number('attempts') - 1))
end

local function forget_ended(id)
  redis.call('ZREM', ended, id .. ' cancelled', id .. ' failed')
end

-- After an id has left without its owner's doing: shortens, ends or cancels the run if it can.
local function reconsider(state_if_unwanted)
  local unwanted = redis.call('ZCARD', waiting) == 0
  if not owned() then
    local state = field('state')
    if unwanted and (state == 'queued' or state == 'failed') then
      settle(state_if_unwanted)
    end
    return
  end
  local target = redis.call('ZREVRANGEBYSCORE', waiting, number('target'), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if target then
    redis.call('HSET', run, 'target', target)
  elseif living() then
    redis.call('HSET', run, 'cancel', 1)
  else
    go_on_or(state_if_unwanted)
  end
end

-- Failed for good, for these ids.
local function fail_all(ids)
  for _, id in ipairs(ids) do
    depart(id, 'failed')
  end
  if redis.call('ZCARD', waiting) == 0 then
    settle('failed')
  else
    line_up(field('seq'))
  end
end

-- The run is tried again after a pause (ms); until then it has no owner, no slot and no place in the queue.
local function try_again(pause, why)
  local retry_at = now + math.ceil(pause)
  leave_lists()
  redis.call('HSET', run, 'state', 'failed', 'retry_at', retry_at, 'error', why)
  redis.call('HDEL', run, 'cancel', 'behind', 'stage', 'cluster', 'workers', 'wanted', 'rate')
  redis.call('ZADD', retry, retry_at, digest)
  emit('status')
end

-- The run waits for what it lacks, in growing pauses; one that has waited for too long fails.
-- first: where in ARGV these are: why (a sentence), first and longest pause, limit (ms), why it fails then
local function wait_for(first)
  local why, pause, longest, limit, given_up = unpack(ARGV, first, first + 4)
  if not field('waits_since') then
    redis.call('HSET', run, 'waits_since', now)
  end
  if now - number('waits_since') >= tonumber(limit) then
    redis.call('HSET', run, 'error', given_up)
    fail_all(redis.call('ZRANGE', waiting, 0, -1))
    return
  end
  local waits = redis.call('HINCRBY', run, 'waits', 1)
  try_again(math.min(tonumber(longest), pause * 2 ^ (waits - 1)), why)
end
