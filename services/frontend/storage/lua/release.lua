#!lua flags=allow-oom
-- The owner releases the run before its end.
-- ARGV: digest, fencing token, epoch, outcome, then why or '', first back-off in ms, attempts at most; or (wait)
--   what `wait_for` reads
--   requeue    nothing is wrong with it: the first to go on (why: what it waits for)
--   cancelled  no id waits for it; the stretches stay
--   failed     tried again later, a bounded number of times (why: a sentence)
--   wait       it lacks something: tried again later, which counts as no attempt
--   ended      the trajectory itself ends, for good (why: the failure as JSON)
-- Returns lost, or the state that the run has now.
--include prelude
local outcome, why, back_off, attempts_limit = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
if not holds(ARGV[2], ARGV[3]) then
  return 'lost'
end
if not owned() then
  return field('state') -- released before, or taken over
end

if outcome == 'ended' then
  redis.call('HSET', run, 'failure', why)
  fail_all(redis.call('ZRANGEBYSCORE', waiting, '(' .. string.format('%.0f', cjson.decode(why).iteration), '+inf'))
elseif redis.call('ZCARD', waiting) == 0 or outcome == 'cancelled' then
  go_on_or('cancelled')
elseif outcome == 'requeue' then
  refund_attempt()
  if why ~= '' then
    redis.call('HSET', run, 'error', why)
  end
  line_up(field('seq'))
elseif outcome == 'wait' then
  refund_attempt()
  wait_for(5)
else
  count('attempts_failed')
  if number('attempts') >= attempts_limit then
    redis.call('HSET', run, 'error', why)
    fail_all(redis.call('ZRANGE', waiting, 0, -1))
  else
    try_again(back_off * 2 ^ (number('attempts') - 1), why)
  end
end
return field('state')
