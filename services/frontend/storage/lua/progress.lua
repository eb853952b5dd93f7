#!lua flags=allow-oom
-- Record the progress of a run; an unchanged report is no event.
-- ARGV: digest, fencing token, epoch, then field, value, ...
-- Returns lost, same, or noted.
--include prelude
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
local changed, is_told, stage_changed, result_changed = false, false, false, false
for index = 4, #ARGV, 2 do
  local name, value = ARGV[index], ARGV[index + 1]
  local before = field(name)
  if before ~= value then
    redis.call('HSET', run, name, value)
    changed = true
    stage_changed = stage_changed or name == 'stage'
    is_told = is_told or name == 'error'
    if name == 'stage' then
      redis.call('HSET', run, value, now)
      redis.call('HDEL', run, 'error')
    end
    result_changed = result_changed or name == 'of'
    if name == 'stage' and value == 'propagating' then
      observe('run_start', now - number('started'))
    elseif name == 'done' and not (stage_changed or result_changed) then -- with these comes what was there before
      count('iterations', math.max(0, value - (before or 0)))
    end
  end
end
if not changed then
  return 'same'
end
emit((stage_changed or is_told) and 'status' or 'progress')
return 'noted'
