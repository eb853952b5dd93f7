#!lua flags=allow-oom
-- One of the runners reaps; it says so again before its lease is out.
-- KEYS: reaper.  ARGV: token, lease ms (0: give it back)
-- Returns 1 to the one that leads, else 0.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'token', 'lease')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then
  return 0
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'lease', now + tonumber(ARGV[2]))
return 1
