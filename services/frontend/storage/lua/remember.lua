#!lua
-- Store a trajectory on behalf of an answer at once, so that its id can be resolved until the answer expires.
-- ARGV: `<id> <digest>`, trajectory JSON, life of the answer (ms)
--include answer
--keys request expiring
local clock = redis.call('TIME')
local is_new = redis.call('EXISTS', request) == 0 -- otherwise it is counted with the answer that came first
local counted = (redis.call('HGET', answer_bytes, ARGV[1]) or ANSWER_OVERHEAD) - ANSWER_OVERHEAD
redis.call('ZADD', expiring, clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[3], ARGV[1])
redis.call('SET', request, ARGV[2])
enter_answers(ARGV[1], is_new and #ARGV[2] or counted)
