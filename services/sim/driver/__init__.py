"""The Dask graph: a chain of tasks integrates a trajectory while others produce its output.

The members of an ensemble have no chain: their blocks are tasks that need nothing of one another.

Guarantees:

- Results have the same bits on one worker, on many, and however often workers die: a task is a
  pure function of a checkpoint, and each stretch is verified before the next one starts at its end.
- The chain never waits for output: it has priority, and a thread is kept free for it. Output tasks
  read only stretches that are verified.
- Every task has a deadline (StretchDeadlineError, BlockDeadlineError). A lost scheduler is a
  ClusterLostError, any other fault of a cluster a ClusterError, within the deadline.
- Nothing remains on the cluster: every future is released, also after an error.
"""

from __future__ import annotations

from sim.driver.ensembles import ensemble_on, nominal_on, patience_s
from sim.driver.exporting import export_on
from sim.driver.propagating import propagate_on
from sim.driver.whole import compute_on, gather_on

__all__ = [
    "compute_on",
    "ensemble_on",
    "export_on",
    "gather_on",
    "nominal_on",
    "patience_s",
    "propagate_on",
]
