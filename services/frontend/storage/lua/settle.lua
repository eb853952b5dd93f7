#!lua flags=allow-oom
-- The owner knows what an order has come to: a propagation, which now waits beside it, or a failure.
-- ARGV: digest, fencing token, epoch, the order's id, the order and what it came to (JSON), the propagation's id
--   ('': it failed) and steps
-- Returns lost, gone (it no longer waits), wanted (the propagation is to be published, then this called again), or
--   settled (it no longer waits: the propagation is published, or the order failed).
--include prelude
--constant ORDER_LIFE_MS
--keys order published
local id, document, answer, steps = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
if not redis.call('ZSCORE', waiting, id) then
  return 'gone'
end
redis.call('SET', order, document, 'PX', ORDER_LIFE_MS)
local is_there = redis.call('SISMEMBER', published, answer) == 1 and not redis.call('ZSCORE', waiting, answer)
if answer == '' or is_there then
  depart(id, answer == '' and 'failed' or 'complete')
  if redis.call('ZCARD', waiting) > 0 then
    reconsider('done')
  else
    redis.call('HSET', run, 'target', 0) -- nothing more is needed of this owner
  end
  return 'settled'
end
redis.call('ZADD', waiting, steps, id, steps, answer)
if not field('asked:' .. answer) then
  redis.call('HSET', run, 'asked:' .. answer, field('asked:' .. id) or now)
end
forget_ended(answer)
reconsider('done') -- which lowers the target to the longest that is still needed
emit('status')
return 'wanted'
