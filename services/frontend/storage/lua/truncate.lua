#!lua flags=allow-oom
-- Cut a chain before a missing or altered stretch, so that it is computed again; an owner loses the run.
-- ARGV: digest, position, length of the chain, SHA-1 of the damaged bytes ('': there were none); stretches: from the position on
-- Returns cut, or changed (it is no longer what was read: nothing is done).
--include prelude
--keys stretches...
local position, length, seen = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local bytes = redis.call('GET', KEYS[stretches])
if redis.call('LLEN', chain) ~= length or (bytes and redis.sha1hex(bytes) or '') ~= seen then
  return 'changed'
end
if position == 0 then
  redis.call('DEL', chain)
else
  redis.call('LTRIM', chain, 0, position - 1)
end
unlink_from(stretches)
if field('state') then
  note_chain()
  if owned() then
    refund_attempt()
    redis.call('HDEL', run, 'token')
    line_up(field('seq'))
  end
end
count('repairs/stretch')
return 'cut'
