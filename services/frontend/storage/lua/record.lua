-- What is known of a run at one moment: its record (field, value, ...), who waits (id, steps, ...),
-- who no longer does, its rank in the queue (or -1), the id of its last event, and how many
-- stretches its trajectory has.
local function snapshot_of(queue, digest, run, waiting, ended, events, chain)
  local rank = redis.call('ZRANK', queue, digest)
  local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
  return {
    redis.call('HGETALL', run),
    redis.call('ZRANGE', waiting, 0, -1, 'WITHSCORES'),
    redis.call('ZRANGE', ended, 0, -1),
    rank or -1,
    last and last[1] or '0-0',
    redis.call('LLEN', chain),
  }
end
