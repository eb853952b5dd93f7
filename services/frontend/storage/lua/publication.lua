-- What `publish` and `derive` share: a manifest, written last and at once, when every stretch that it rests on is there.
-- ARGV: digest, fencing token or '', epoch, id, steps, manifest ('': it is not stored, but remade from the
--   stretches, which are kept for it),
--   stretches, checksum of the last of them, life of the result in ms (0: for ever), recent ids kept, bytes that an
--   answer at once keeps beside its manifest ('': a repair, which is counted already if it is one), how many parts the
--   manifest rests on (an ensemble's; else 0)
-- Returns lost, unwanted (cancelled meanwhile), needed (a manifest: the result is what the run is for),
--   published, again, or broken and the position.
--keys manifest published recent expiring parts stretches...
local fenced, id, steps = ARGV[2] ~= '', ARGV[4], tonumber(ARGV[5])
local length, head = tonumber(ARGV[7]), ARGV[8]
local life, recent_kept = tonumber(ARGV[9]), tonumber(ARGV[10])
local member, is_stored = id .. ' ' .. digest, ARGV[6] ~= ''

if fenced and not (holds(ARGV[2], ARGV[3]) and living()) then
  return { 'lost' }
end
local wanted = redis.call('ZSCORE', waiting, id)
local fresh = not (redis.call('SISMEMBER', published, id) == 1 and redis.call('EXISTS', manifest) == 1)
if fresh then
  if fenced and not wanted then
    return { 'unwanted' }
  end
  if fenced and not is_stored and steps >= number('target') then
    return { 'needed' } -- a longer one was cancelled since the owner has looked
  end
  for position = 0, length - 1 do
    if redis.call('EXISTS', KEYS[stretches + position]) == 0 then
      return { 'broken', position }
    end
  end
  local last = length > 0 and redis.call('LINDEX', chain, length - 1)
  if length > 0 and not (last and last:find(head, 1, true)) then
    return { 'broken', length - 1 }
  end
  if redis.call('HLEN', parts) < tonumber(ARGV[12]) then
    return { 'broken', -1 }
  end
  redis.call('SADD', published, id)
  if is_stored then
    redis.call('SET', manifest, ARGV[6])
    redis.call('ZADD', recent, now, id)
    redis.call('ZREMRANGEBYRANK', recent, 0, -recent_kept - 1)
  end
  if life > 0 then
    redis.call('ZADD', expiring, now + life, member)
  end
  forget_ended(id)
  count('results_published/' .. (fenced and 'run' or 'asked'))
end
if ARGV[12] ~= '0' then
  redis.call('PERSIST', parts)
end
if (fenced or wanted) and steps >= number('target') then
  leave_answers(member) -- what a run was for is kept
  if life == 0 then
    redis.call('ZREM', expiring, member)
  end
elseif fresh and ARGV[11] ~= '' then
  enter_answers(member, #ARGV[6] + ARGV[11]) -- also a shorter result of a run: it is soon remade
end
if wanted then
  if fenced and steps >= number('target') then
    redis.call('HSET', run, 'state', 'publishing')
  end
  depart(id, 'complete')
  if not fenced then
    reconsider('done')
  end
end
return { fresh and 'published' or 'again' }
