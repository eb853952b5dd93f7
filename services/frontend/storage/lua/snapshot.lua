#!lua flags=no-writes
-- Everything that is known of a run, at one moment. (A MULTI would be refused when the storage is full.)
-- KEYS: run, waiting, ended, events, queue.  ARGV: digest
-- Returns the record (field, value, ...), who waits (id, steps, ...), who no longer does,
--   its rank in the line (or -1), and the id of its last event.
local rank = redis.call('ZRANK', KEYS[5], ARGV[1])
local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'),
  redis.call('ZRANGE', KEYS[3], 0, -1),
  rank or -1,
  last and last[1] or '0-0',
}
