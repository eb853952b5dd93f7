#!lua flags=allow-oom
-- Records that a runner is alive; deletes runners that have been silent for long.
-- ARGV: name, JSON object, silence after which a runner is deleted (ms)
--keys runners
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local heartbeats = redis.call('HGETALL', runners)
for index = 1, #heartbeats, 2 do
  if cjson.decode(heartbeats[index + 1]).at_ms < now - tonumber(ARGV[3]) then
    redis.call('HDEL', runners, heartbeats[index])
  end
end
local rest = ARGV[2] == '{}' and '}' or ',' .. ARGV[2]:sub(2)
redis.call('HSET', runners, ARGV[1], '{"at_ms":' .. now .. rest)
return now
