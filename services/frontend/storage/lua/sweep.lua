#!lua flags=allow-oom
-- Clean up after a run that has been over for a while: first its events, a day later its record, and with
-- that the stretches of a trajectory from which nothing was ever published.
-- ARGV: digest, length of the chain, how long the record lingers (ms)
-- Returns events, run, trajectory, or kept.
--include prelude
--keys published request stretches...
local due = redis.call('ZSCORE', over, digest)
if not due or tonumber(due) > now or redis.call('LLEN', chain) ~= tonumber(ARGV[2]) then
  return 'kept'
end
if owned() or redis.call('ZCARD', waiting) > 0 then
  redis.call('ZREM', over, digest)
  return 'kept'
end
if redis.call('UNLINK', events) == 1 then
  redis.call('ZADD', over, now + tonumber(ARGV[3]), digest)
  return 'events'
end
redis.call('ZREM', over, digest)
redis.call('UNLINK', run, waiting, ended)
if redis.call('SCARD', published) > 0 then
  return 'run'
end
redis.call('UNLINK', chain, published, request)
unlink_from(stretches)
return 'trajectory'
