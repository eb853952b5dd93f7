#!lua flags=no-writes
-- Which run to acquire next: those whose lease has expired, those to be tried again, then the queue.
-- ARGV: how many at most
--keys active retry queue
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
add(redis.call('ZRANGEBYSCORE', active, '-inf', now))
add(redis.call('ZRANGEBYSCORE', retry, '-inf', now))
add(redis.call('ZRANGE', queue, 0, ARGV[1] - 1))
return found
