#!lua flags=allow-oom
-- The owner publishes: fenced, and also when the storage is full.
--include prelude
--include publication
