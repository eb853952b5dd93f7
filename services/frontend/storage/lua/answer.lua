-- Answers at once: what each keeps in Redis (bytes), by `<id> <digest>` and its age. Together they have a share of
-- the memory; the store removes the oldest that do not fit (`overdue`).
--keys answers answer_bytes
local ANSWER_OVERHEAD = 512 -- bytes of an answer's keys, and of its entries in lists

local function leave_answers(member)
  redis.call('ZREM', answers, member)
  local size = redis.call('HGET', answer_bytes, member)
  if size then
    redis.call('HDEL', answer_bytes, member)
    redis.call('HINCRBY', answer_bytes, 'total', -size)
  end
  if redis.call('ZCARD', answers) == 0 then
    redis.call('DEL', answer_bytes) -- whatever was lost of the index, the sum is right again
  end
end

local function enter_answers(member, size)
  leave_answers(member)
  local time = redis.call('TIME')
  redis.call('ZADD', answers, string.format('%.0f', time[1] * 1000000 + time[2]), member)
  redis.call('HSET', answer_bytes, member, size + ANSWER_OVERHEAD)
  redis.call('HINCRBY', answer_bytes, 'total', size + ANSWER_OVERHEAD)
end
