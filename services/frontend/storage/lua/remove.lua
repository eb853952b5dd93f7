#!lua flags=allow-oom
-- Delete a manifest, and with the last one its trajectory, unless a run holds it.
-- ARGV: digest, id, length of the chain, 'free' or 'keep' (the trajectory), SHA-1 of the manifest's bytes ('': any)
-- Returns changed (the chain is longer or shorter now: nothing is done), or how many manifests were removed
--   (0 where the manifest is no longer the one that was read).
--include prelude
--keys manifest published recent expiring request stretches...
local id = ARGV[2]
if redis.call('LLEN', chain) ~= tonumber(ARGV[3]) then
  return 'changed'
end
if ARGV[5] ~= '' and redis.sha1hex(redis.call('GET', manifest) or '') ~= ARGV[5] then
  return 0
end
local removed = redis.call('DEL', manifest)
redis.call('SREM', published, id)
redis.call('ZREM', recent, id)
if ARGV[4] == 'free' then -- otherwise the trajectory still expires with it
  redis.call('ZREM', expiring, id .. ' ' .. digest)
end
local held = owned() or redis.call('ZCARD', waiting) > 0
if ARGV[4] == 'free' and not held and redis.call('SCARD', published) == 0 then
  leave_lists()
  redis.call('ZREM', over, digest)
  redis.call('UNLINK', run, waiting, ended, events, chain, published, request)
  unlink_from(stretches)
end
if ARGV[4] == 'keep' and removed == 1 then
  count('repairs/manifest')
end
return removed
