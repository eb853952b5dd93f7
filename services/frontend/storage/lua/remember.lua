#!lua
-- Store a trajectory on behalf of an answer at once, so that its id can be resolved until the answer expires. A run's
-- result that is kept without a manifest, and for ever, stays that.
-- ARGV: id, digest, trajectory JSON, life of the answer (ms)
--include answer
--keys request expiring published
local id, member, document = ARGV[1], ARGV[1] .. ' ' .. ARGV[2], ARGV[3]
if redis.call('SISMEMBER', published, id) == 1 and not redis.call('ZSCORE', expiring, member) then
  redis.call('SET', request, document)
  return
end
local clock = redis.call('TIME')
local is_new = redis.call('EXISTS', request) == 0 -- otherwise it is counted with the answer that came first
local counted = (redis.call('HGET', answer_bytes, member) or ANSWER_OVERHEAD) - ANSWER_OVERHEAD
redis.call('ZADD', expiring, 'GT', clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[4], member)
redis.call('SADD', published, id)
redis.call('SET', request, document)
enter_answers(member, is_new and #document or counted)
