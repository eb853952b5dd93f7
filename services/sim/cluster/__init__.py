"""Backends for Dask: a Gateway, a bare scheduler, or processes on this machine.

Guarantees, for every backend:

- A cluster is stopped when its context ends, also by an error or a cancellation. Stopping has a
  deadline; a cluster that could not be stopped can be found by its tag.
- `open` yields as soon as the scheduler answers; workers arrive later (`Cluster.arrived`).
- Faults are ClusterErrors whose messages name the server that is unreachable or refuses.

Everything is asynchronous: a synchronous Gateway object deadlocks after repeated clusters, since
its `__del__` runs on its own event loop (docs/adr/0031).
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
