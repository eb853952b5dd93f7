#!lua
-- Publish a result that needs no run: without a fencing token, and not into a full storage.
--include prelude
--include answer
--include publication
