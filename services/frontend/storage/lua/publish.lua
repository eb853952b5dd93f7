#!lua flags=allow-oom
-- The owner publishes: fenced, and even when the storage is full.
--include prelude
--include answer
--include publication
