#!lua
-- Append a stretch. Not allow-oom: a full storage refuses it, and nothing is written.
-- ARGV: digest, fencing token, epoch, position, checksum of the predecessor, checksum, chain entry (JSON), bytes
-- Returns lost, put, or again (this very stretch is the last one already).
--include prelude
--keys stretch
local position, previous, checksum = tonumber(ARGV[4]), ARGV[5], ARGV[6]
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
local next, head = read_chain()
if position == next - 1 and checksum == head and redis.call('EXISTS', stretch) == 1 then
  return 'again'
end
-- The record and the chain disagree only when the chain was cut: this owner's state is not its end.
if position ~= next or previous ~= head or next ~= number('next') or head ~= field('head') then
  return 'lost'
end
redis.call('SET', stretch, ARGV[8])
redis.call('RPUSH', chain, ARGV[7])
redis.call('HSET', run, 'attempts', 0)
redis.call('HDEL', run, 'waits', 'waits_since')
note_chain()
return 'put'
