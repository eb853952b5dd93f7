#!lua flags=allow-oom
-- One id stops waiting; the run goes on if others wait for it.
-- ARGV: digest, id
-- Returns absent (it does not wait), or cancelled.
--include prelude
if not redis.call('ZSCORE', waiting, ARGV[2]) then
  return 'absent'
end
depart(ARGV[2], 'cancelled')
reconsider('cancelled')
return 'cancelled'
