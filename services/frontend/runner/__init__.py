"""`porta runner`: takes runs from the queue, and executes each on a Dask cluster of its own."""
