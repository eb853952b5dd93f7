#!lua flags=allow-oom
-- Delete a result, and with the last one its trajectory, unless a run holds it.
-- ARGV: digest, id, length of the chain, 'free' or 'keep' (the trajectory) or 'evict' (an answer at once), SHA-1 of the manifest's bytes ('': any)
-- Returns changed (the chain is longer or shorter now: nothing is done), or how many results were removed
--   (0 where the manifest is no longer the one that was read).
--include prelude
--include answer
--keys manifest published recent expiring request parts partial stretches...
local id, mode, member = ARGV[2], ARGV[4], ARGV[2] .. ' ' .. digest
if redis.call('LLEN', chain) ~= tonumber(ARGV[3]) then
  return 'changed'
end
if ARGV[5] ~= '' and redis.sha1hex(redis.call('GET', manifest) or '') ~= ARGV[5] then
  return 0
end
local counted = mode ~= 'keep' and leave_answers(member) -- kept, the trajectory is still counted, and expires with it
if mode == 'evict' and tonumber(ARGV[3]) > 0 and redis.call('SISMEMBER', published, id) == 1
  and redis.call('SCARD', published) == 1 then
  return 0 -- the last result of stretches that a run computed is kept with them
end
local removed = redis.call('DEL', manifest)
redis.call('UNLINK', parts, partial)
redis.call('ZREM', recent, id)
if mode ~= 'keep' then
  redis.call('ZREM', expiring, member)
end
if not redis.call('ZSCORE', expiring, member) then
  local was_listed = redis.call('SREM', published, id)
  removed = mode == 'free' and math.max(removed, was_listed) or removed -- one that is not stored counts, too
end
local heir = redis.call('ZRANGE', siblings, 0, 0)[1]
if heir and counted and counted > 0 and counted == #(redis.call('GET', request) or '') then
  redis.call('HINCRBY', answer_bytes, heir, counted) -- the trajectory's bytes go on to another that needs it
  redis.call('HINCRBY', answer_bytes, 'total', counted)
end
local held = owned() or redis.call('ZCARD', waiting) > 0
local is_free = mode == 'free' or mode == 'evict' and tonumber(ARGV[3]) == 0
if is_free and not held and redis.call('SCARD', published) == 0 then
  leave_lists()
  redis.call('ZREM', over, digest)
  redis.call('UNLINK', run, waiting, ended, events, chain, published, request, siblings)
  unlink_from(stretches)
end
if mode == 'keep' and removed == 1 then
  count('repairs/manifest')
end
return removed
