"""The Dask graph: a chain of scouts passes over a trajectory, others make output of it meanwhile.

Guarantees:

- Results have the same bits on one worker, on many, and however often workers die: a task is a
  pure function of a checkpoint, and each stretch that comes back is verified before the next
  one starts where it ended.
- The chain never waits for output: a thread is kept free for it, and it has priority. Output is
  made only of stretches that are there, at most a few tasks ahead of whoever takes it.
- Every task has a deadline (StretchDeadlineError); a scheduler that went away is a
  ClusterLostError, whatever else a cluster does wrong a ClusterError, each within the deadline.
- Nothing is left on the cluster: every future is released, whatever happens.
"""

from __future__ import annotations

from sim.driver.exporting import export_on
from sim.driver.propagating import propagate_on

__all__ = ["export_on", "propagate_on"]
