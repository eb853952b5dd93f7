#!lua flags=no-writes
-- The time, and what each runner last said of itself.
-- Returns now (ms), and name, JSON object, ...
--keys runners
local clock = redis.call('TIME')
return { clock[1] * 1000 + math.floor(clock[2] / 1000), redis.call('HGETALL', runners) }
