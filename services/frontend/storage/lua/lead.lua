#!lua flags=allow-oom
-- Become or remain the one runner that reaps, under a lease.
-- ARGV: the leader's token, lease ms (0: release it)
-- Returns 1 to the one that leads, else 0.
--keys reaper
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local held = redis.call('HMGET', reaper, 'token', 'lease')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then
  return 0
end
redis.call('HSET', reaper, 'token', ARGV[1], 'lease', now + tonumber(ARGV[2]))
return 1
