#!lua flags=allow-oom
-- One id is no longer wanted; the run goes on for whoever else waits for it.
-- ARGV: digest, id
-- Returns absent (nobody waits for that), or cancelled.
--include prelude
if not redis.call('ZSCORE', waiting, ARGV[2]) then
  return 'absent'
end
depart(ARGV[2], 'cancelled')
reconsider('cancelled')
return 'cancelled'
