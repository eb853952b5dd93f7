#!lua flags=no-writes
-- What is known of several runs, at one moment.
-- ARGV: their digests.  KEYS after the queue: record, waiting, ended, events and chain of each
-- Returns a snapshot for each (see the part `record`).
--include record
--keys queue runs...
local PER_RUN = 5
local snapshots = {}
for index, digest in ipairs(ARGV) do
  local first = runs + PER_RUN * (index - 1)
  snapshots[index] = snapshot_of(queue, digest, unpack(KEYS, first, first + PER_RUN - 1))
end
return snapshots
