#!lua
-- Store a part of an ensemble's result, before its manifest, or of what is known while its run goes on.
-- ARGV: digest, fencing token ('': an answer at once), epoch, life (s), part, bytes
-- Returns lost, put, or kept (a manifest rests on it already).
--include prelude
--keys manifest parts
if ARGV[2] ~= '' and not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
local lives_on = redis.call('EXISTS', manifest) == 1 and redis.call('TTL', parts) == -1
if lives_on and redis.call('HEXISTS', parts, ARGV[5]) == 1 then
  return 'kept' -- the manifest names the checksum of these very bytes; one that is damaged is withdrawn first
end
redis.call('HSET', parts, ARGV[5], ARGV[6])
if not lives_on then
  redis.call('EXPIRE', parts, ARGV[4]) -- until a manifest rests on it
end
return 'put'
