"""The propagation engine: scenarios go in, records come out, with the same bits everywhere."""
