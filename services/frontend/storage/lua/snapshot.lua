#!lua flags=no-writes
-- What is known of a run, at one moment. (A MULTI would be refused when the storage is full.)
-- ARGV: digest
-- Returns a snapshot (see the part `record`).
--include prelude
return snapshot()
