#!lua flags=no-writes
-- Whom to acquire next: runs whose lease ran out, runs that may be tried again, then the line.
-- KEYS: active, retry, queue.  ARGV: how many at most
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local found = {}
local function add(digests)
  for _, digest in ipairs(digests) do
    if #found < tonumber(ARGV[1]) then
      found[#found + 1] = digest
    end
  end
end
add(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now))
add(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now))
add(redis.call('ZRANGE', KEYS[3], 0, ARGV[1] - 1))
return found
