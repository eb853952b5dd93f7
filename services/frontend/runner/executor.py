"""What the executors of all runs share: a cluster of the run's own, its progress, and the end.

- Results are published as soon as they are there; each manifest is written last.
- The cluster is stopped in every case, before the run is given back.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from frontend.domain import manifest
from frontend.domain.resource import ClusterView, Timings
from frontend.domain.waiting import seems_to_lack_room
from frontend.propagations.run_resource import timestamp
from frontend.runner.dask_backend import POLL_S, wait_for_a_worker
from frontend.runner.run_tag import RunTag

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.runner.lease_keeper import LeaseKeeper
    from sim.cluster import Backend, Cluster

__all__ = ["SHORTEST_S", "Executor"]

RECANCEL_S: Final = 2  # a task normally ends within milliseconds of its cancellation
SUSPICIOUS_S: Final = 30.0  # a cluster that has room has a worker by then
SHORTEST_S: Final = 1e-3  # keeps the rate finite when the first result comes at once


class Executor(ABC):
    """Executes one run under its lease."""

    def __init__(
        self,
        services: Services,
        backend: Backend,
        keeper: LeaseKeeper,
        *,
        name: str,
        installation: str,
    ) -> None:
        self._settings = services.settings
        self._runs = services.runs
        self._backend = backend
        self._keeper = keeper
        self._name = name
        self._tag = RunTag.of(installation, keeper.lease)
        self._published: set[str] = set()
        self._cluster: ClusterView | None = None
        self._suspicion: asyncio.Task[None] | None = None
        self._requested_at = monotonic()
        self._started_at: float | None = None  # when the first worker was there

    @abstractmethod
    async def _work(self) -> None:
        """Publish what is stored, compute what is missing, publish the rest, finish."""

    @abstractmethod
    def _workers_wanted(self) -> int:
        """Return how many workers the run keeps busy."""

    @abstractmethod
    async def _propagate(self, cluster: Cluster) -> None:
        """Compute what is missing on a cluster that has a worker."""

    async def execute(self) -> None:
        """Execute the run; raises LeaseLost, RunCancelled, FrontendError or SimError."""
        work = asyncio.create_task(self._work())
        keeping = asyncio.create_task(self._keeper.keep())
        try:
            await asyncio.wait({work, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await _end(work)  # which stops the cluster
                keeping.result()  # raises: `keep` never returns
            await work
        finally:
            await _end(work)
            await _end(keeping)

    async def _on_a_cluster(self) -> None:
        """Start a cluster, compute on it, and stop it."""
        self._keeper.expect(self._settings.cluster_timeout_s)
        self._suspicion = asyncio.create_task(self._suspect_no_room())
        try:
            async with self._backend.open(
                tag=str(self._tag), workers=self._workers_wanted()
            ) as cluster:
                await self._drive(cluster)
        finally:
            await _end(self._suspicion)

    async def _suspect_no_room(self) -> None:
        """Say after a while without a worker what the run seems to wait for."""
        timeout_s = self._settings.cluster_timeout_s
        await asyncio.sleep(min(SUSPICIOUS_S, timeout_s / 2))
        await self._progress(error=seems_to_lack_room(timeout_s))

    async def _drive(self, cluster: Cluster) -> None:
        self._cluster = ClusterView(
            name=cluster.name, workers=cluster.workers, dashboard=cluster.dashboard
        )
        self._keeper.expect(self._settings.cluster_timeout_s)
        await wait_for_a_worker(
            lambda: self._report_workers(cluster), self._settings.cluster_timeout_s
        )
        if self._suspicion is not None:
            await _end(self._suspicion)
        if self._started_at is None:
            self._started_at = monotonic()
        arrivals = asyncio.create_task(self._report_arrivals(cluster))
        try:
            self._keeper.expect(self._settings.stretch_deadline_s)
            await self._propagate(cluster)
        finally:
            await _end(arrivals)

    @property
    def _elapsed_s(self) -> float:
        """Seconds since there was a worker."""
        return max(SHORTEST_S, monotonic() - (self._started_at or self._requested_at))

    async def _timings(self, propagation_id: str, **more: Any) -> Timings:  # noqa: ANN401 - Timings has their types
        """Return the timings of a result that is published now.

        It may have been asked for after the run, and waits since then: not since the run does.
        """
        run = await self._keeper.call(self._runs.state, self._keeper.lease.digest)
        asked_ms = run.asked_at_ms(propagation_id) if run else None
        started_ms = run.started_ms if run else None
        now, started_at = datetime.now(UTC), self._started_at
        return Timings(
            asked_at=timestamp(asked_ms),
            finished_at=now.isoformat(timespec="milliseconds"),
            queued_s=_seconds(asked_ms, started_ms),
            starting_s=None if started_at is None else started_at - self._requested_at,
            running_s=monotonic() - (self._requested_at if started_at is None else started_at),
            total_s=_seconds(asked_ms, int(now.timestamp() * 1_000)),
            where="cluster",
            **more,
        )

    def _computed(self, timings: Timings) -> manifest.Computed:
        return manifest.Computed(by=self._name, timings=timings, cluster=self._cluster)

    async def _report_arrivals(self, cluster: Cluster) -> None:
        """Report the number of workers until all have arrived."""
        arrived = 0
        while arrived < cluster.workers:
            await asyncio.sleep(POLL_S)
            arrived = await self._report_workers(cluster)

    async def _report_workers(self, cluster: Cluster) -> int:
        arrived = await cluster.arrived()
        description = {"name": cluster.name, "dashboard": cluster.dashboard}
        await self._progress(workers=arrived, wanted=cluster.workers, cluster=description)
        return arrived

    async def _progress(self, **known: Any) -> None:  # noqa: ANN401 - RunQueue.progress has their types
        await self._keeper.call(self._runs.progress, self._keeper.lease, **known)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task if it still runs, and wait until it has ended.

    It is cancelled repeatedly, because a cancellation can get lost:
    https://github.com/python/cpython/issues/86296
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=RECANCEL_S)
    if not task.cancelled():
        task.exception()  # marks it as retrieved; a caller that needs it awaits the task


def _seconds(from_ms: int | None, to_ms: int | None) -> float | None:
    return None if from_ms is None or to_ms is None else max(0, to_ms - from_ms) / 1_000
