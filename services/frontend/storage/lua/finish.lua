#!lua flags=allow-oom
-- The owner has published everything up to its target.
-- ARGV: digest, fencing token, epoch
-- Returns lost, covered (another id joined: publish that first), queued (more was asked for), or done.
--include prelude
if not holds(ARGV[2], ARGV[3]) then
  return 'lost'
end
if not owned() then
  return field('state') == 'queued' and 'queued' or 'done'
end
if redis.call('ZCOUNT', waiting, '-inf', number('target')) > 0 then
  return living() and 'covered' or 'lost'
end
redis.call('HSET', run, 'attempts', 0)
go_on_or('done')
return field('state')
