#!lua flags=allow-oom
-- A runner is alive; runners that have been silent for long are forgotten.
-- KEYS: runners.  ARGV: name, JSON object, silence after which one is forgotten (ms)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local runners = redis.call('HGETALL', KEYS[1])
for index = 1, #runners, 2 do
  if cjson.decode(runners[index + 1]).at_ms < now - tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], runners[index])
  end
end
local rest = ARGV[2] == '{}' and '}' or ',' .. ARGV[2]:sub(2)
redis.call('HSET', KEYS[1], ARGV[1], '{"at_ms":' .. now .. rest)
return now
