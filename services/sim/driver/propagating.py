"""A propagation on a cluster: its stretches, and the first of its slices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sim.cost_model import record_bytes, slice_batches, sliced_intervals
from sim.driver.chain import Chain, slice_specs
from sim.driver.output import Output
from sim.driver.tasks import SliceSpec, make_slices
from sim.driver.worker_pool import WorkerPool, task_group
from sim.engine import slice_from_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from distributed import Client

    from sim.engine import Checkpoint, Stretch
    from sim.scenario import Trajectory

__all__ = ["propagate_on"]


async def propagate_on(  # noqa: PLR0913 - keyword-only, and each is a thing of its own
    client: Client,
    trajectory: Trajectory,
    *,
    start: Checkpoint,
    first_interval: int,
    until_interval: int,
    slice_budget: int,
    on_stretch: Callable[[Stretch, bytes], Awaitable[None]],
    on_slices: Callable[[list[tuple[int, bytes]]], Awaitable[None]],
    deadline_s: float,
) -> None:
    """Integrate complete intervals from `start` on, and make slices of those within the budget.

    `on_stretch` receives each stretch, verified, in order, one call at a time; a stretch with a
    failure is the last. `on_slices` receives intervals with their slices as these arrive: at most
    `slice_budget` bytes in all, of the trajectory's first intervals only. An error of either
    ends the propagation and is raised here. Raises ClusterError, or IntegrityError if a worker
    returns anything other than what was asked for.
    """
    if first_interval >= until_interval:
        return
    pool = WorkerPool(client, deadline_s)
    propagation = _Propagation(pool, trajectory, until_interval, slice_budget, on_slices)
    await pool.ready(first_interval)
    await propagation.run(start, on_stretch)


class _Propagation:
    """The chain of one trajectory, and the slices that the budget allows."""

    def __init__(
        self,
        pool: WorkerPool,
        trajectory: Trajectory,
        until_interval: int,
        slice_budget: int,
        on_slices: Callable[[list[tuple[int, bytes]]], Awaitable[None]],
    ) -> None:
        self._trajectory = trajectory
        self._sliced = sliced_intervals(trajectory.scenario, until_interval, slice_budget)
        self._unplanned = slice_budget  # bytes, by the cost model's estimate
        self._unused = slice_budget  # bytes, as slices turn out
        self._on_slices = on_slices
        self._pool = pool
        self._chain = Chain(pool, trajectory, until_interval)
        self._output = Output(pool, self._make_slices)

    async def run(
        self, start: Checkpoint, on_stretch: Callable[[Stretch, bytes], Awaitable[None]]
    ) -> None:
        async with task_group() as tasks:
            tasks.create_task(self._output.run())
            await self._chain.run(start, plan_output=self._plan_slices, on_stretch=on_stretch)
            self._output.end()

    def _plan_slices(self, stretch: Stretch) -> None:
        """Queue the slices of a stretch's intervals that the budget allows."""
        scenario, first = self._trajectory.scenario, stretch.first
        records = stretch.interval_records[: max(0, self._sliced - first)]
        for batch in slice_batches(scenario, first, records, until=self._sliced):
            self._unplanned -= record_bytes(scenario) * sum(records[j - first] for j in batch)
            if self._unplanned >= 0:
                self._output.add(slice_specs(stretch, batch))

    async def _make_slices(self, specs: list[SliceSpec]) -> None:
        if self._unused < 0:
            return
        first = specs[0].interval
        slices = await self._pool.run_output_task(first, make_slices, self._trajectory, specs)
        await asyncio.to_thread(_verify, self._trajectory, slices)
        self._unused -= sum(len(data) for _, data in slices)
        if self._unused >= 0:
            await self._on_slices(slices)


def _verify(trajectory: Trajectory, slices: list[tuple[int, bytes]]) -> None:
    for interval, data in slices:
        slice_from_bytes(trajectory, interval, data)
