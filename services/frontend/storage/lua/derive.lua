#!lua
-- Whoever has a result that needs no run publishes it: without a token, and not into a full storage.
--include prelude
--include publication
