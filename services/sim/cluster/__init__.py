"""Ways to reach Dask: a Gateway, a bare scheduler, or processes on this machine's own cores.

Guarantees, on every way:

- A cluster that was opened is stopped when its context ends, however it ends, cancellation
  included; stopping is bounded in time, and what it could not stop can be found by its tag.
- `open` yields as soon as the scheduler answers; workers arrive later (`Cluster.arrived`).
- What goes wrong is a ClusterError whose sentence names what could not be reached or refused.

Everything is asynchronous: one synchronous Gateway object and repeated clusters deadlock the
process (its `__del__` runs on its own event loop: docs/adr/0031).
"""

from __future__ import annotations

from sim.cluster.backend import PRELOAD, Backend, Cluster, ClusterInfo
from sim.cluster.gateway import GatewayBackend
from sim.cluster.local import LocalBackend
from sim.cluster.scheduler import SchedulerBackend

__all__ = [
    "PRELOAD",
    "Backend",
    "Cluster",
    "ClusterInfo",
    "GatewayBackend",
    "LocalBackend",
    "SchedulerBackend",
]
