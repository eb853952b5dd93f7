#!lua
-- Write a manifest of an earlier version anew, with its checksum, unless it has changed since it was read.
-- ARGV: SHA-1 of the bytes that were read, the manifest with its checksum, `<id> <digest>` of an answer at once or ''
-- Returns sealed, or changed.
--include answer
--keys manifest
if redis.sha1hex(redis.call('GET', manifest) or '') ~= ARGV[1] then
  return 'changed'
end
redis.call('SET', manifest, ARGV[2])
if ARGV[3] ~= '' then
  enter_answers(ARGV[3], #ARGV[2])
end
return 'sealed'
