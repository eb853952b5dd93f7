#!lua
-- Store a block of an ensemble's members. Not allow-oom: a full storage refuses it, and nothing is written.
-- Of one that is not kept there is only the entry of the index.
-- ARGV: digest, fencing token, epoch, name, steps, life (s), entry of the index (JSON), then part, bytes, ...
-- Returns lost, or put.
--include prelude
--keys block blocks steps_known
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
local name, steps, life = ARGV[4], ARGV[5], ARGV[6]
redis.call('UNLINK', block)
if #ARGV > 7 then
  redis.call('HSET', block, unpack(ARGV, 8))
end
redis.call('HSET', blocks, name, ARGV[7])
redis.call('ZADD', steps_known, steps, steps)
for _, key in ipairs({ block, blocks, steps_known }) do
  redis.call('EXPIRE', key, life)
end
redis.call('HSET', run, 'attempts', 0)
redis.call('HDEL', run, 'waits', 'waits_since')
return 'put'
