#!lua flags=allow-oom
-- Extend a lease that has not expired.
-- ARGV: digest, fencing token, epoch, lease ms
-- Returns lost, or kept, cancel (0 or 1), target, then id, steps, ... of the ids that wait.
--include prelude
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return { 'lost' }
end
local lease = now + tonumber(ARGV[4])
redis.call('HSET', run, 'lease', lease)
redis.call('ZADD', active, lease, digest)
local reply = { 'kept', number('cancel'), number('target') }
for _, word in ipairs(redis.call('ZRANGE', waiting, 0, -1, 'WITHSCORES')) do
  reply[#reply + 1] = word
end
return reply
