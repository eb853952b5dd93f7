#!lua flags=allow-oom
-- Say how far the run is; the same thing said twice is one event.
-- ARGV: digest, token, epoch, then field, value, ...
-- Returns lost, same, or noted.
--include prelude
if not (holds(ARGV[2], ARGV[3]) and living()) then
  return 'lost'
end
local changed, stage_changed = false, false
for index = 4, #ARGV, 2 do
  local name, value = ARGV[index], ARGV[index + 1]
  if field(name) ~= value then
    redis.call('HSET', run, name, value)
    changed = true
    stage_changed = stage_changed or name == 'stage'
  end
end
if not changed then
  return 'same'
end
emit(stage_changed and 'status' or 'progress')
return 'noted'
