#!lua flags=no-writes
-- Which answers at once have to go, the oldest first, for all to fit into their share.
-- ARGV: bytes that all may keep, how many to return at most
-- Returns `<id> <digest>` of each.
--keys answers answer_bytes
local over = tonumber(redis.call('HGET', answer_bytes, 'total') or 0) - ARGV[1]
local due = {}
if over > 0 then
  for _, member in ipairs(redis.call('ZRANGE', answers, 0, ARGV[2] - 1)) do
    if over <= 0 then
      break
    end
    due[#due + 1] = member
    over = over - (redis.call('HGET', answer_bytes, member) or 0)
  end
end
return due
