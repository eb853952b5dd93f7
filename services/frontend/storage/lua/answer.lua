-- Answers at once: what each keeps in Redis (bytes), by `<id> <digest>` and its age. Together they have a share of
-- the memory; the store removes the oldest that do not fit (`overdue`). `siblings` are those of one trajectory.
--keys answers answer_bytes siblings
local ANSWER_OVERHEAD = 512 -- bytes of an answer's keys, and of its entries in lists

-- Returns what was counted for it without the overhead; nil where it is no answer at once.
local function leave_answers(member)
  redis.call('ZREM', answers, member)
  redis.call('ZREM', siblings, member)
  local size = redis.call('HGET', answer_bytes, member)
  if size then
    redis.call('HDEL', answer_bytes, member)
    redis.call('HINCRBY', answer_bytes, 'total', -size)
  end
  if redis.call('ZCARD', answers) == 0 then
    redis.call('DEL', answer_bytes) -- whatever was lost of the index, the sum is right again
  end
  return size and size - ANSWER_OVERHEAD
end

local function enter_answers(member, size)
  leave_answers(member)
  local time = redis.call('TIME')
  local stored_at = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('ZADD', answers, stored_at, member)
  redis.call('ZADD', siblings, stored_at, member)
  redis.call('HSET', answer_bytes, member, size + ANSWER_OVERHEAD)
  redis.call('HINCRBY', answer_bytes, 'total', size + ANSWER_OVERHEAD)
end
