"""The chain: stretch after stretch, each verified before the next starts at its end.

A task of the chain starts from the checkpoint at the end of the previous stretch, not from a
result on a worker: a worker that dies costs one stretch, never those before it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sim.cost_model import stretch_intervals
from sim.driver.tasks import SliceSpec, pass_stretch
from sim.engine import Stretch
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.driver.worker_pool import WorkerPool
    from sim.engine import Checkpoint
    from sim.scenario import Trajectory

__all__ = ["Chain", "slice_specs"]


class Chain:
    """Integrates a trajectory up to an interval, on the workers of a pool."""

    def __init__(self, pool: WorkerPool, trajectory: Trajectory, until_interval: int) -> None:
        self._pool = pool
        self._trajectory = trajectory
        self._until = until_interval

    async def run(
        self,
        start: Checkpoint,
        *,
        plan_output: Callable[[Stretch], None],
        on_stretch: Callable[[Stretch, bytes], Awaitable[None]],
    ) -> Checkpoint:
        """Pass each stretch to both callbacks, in order; return the checkpoint at the end.

        `plan_output` is called before the next stretch is submitted, `on_stretch` after that.
        A stretch with a failure is the last.
        """
        coming: asyncio.Task[tuple[Stretch, bytes]] | None = self._submit(start)
        with self._pool.chain():
            try:
                while coming is not None:
                    stretch, data = await coming
                    plan_output(stretch)
                    start = stretch.tail
                    coming = None if stretch.failure is not None else self._submit(start)
                    await on_stretch(stretch, data)
            finally:
                await _cancelled(coming)
        return start

    def _submit(self, start: Checkpoint) -> asyncio.Task[tuple[Stretch, bytes]] | None:
        first = start.iteration // self._trajectory.interval
        count = min(stretch_intervals(self._trajectory.scenario, first), self._until - first)
        return asyncio.create_task(self._verified(start, first, count)) if count > 0 else None

    async def _verified(self, start: Checkpoint, first: int, count: int) -> tuple[Stretch, bytes]:
        """Return the stretch of a worker, if it is the one that was asked for."""
        data = await self._pool.run_chain_task(first, pass_stretch, self._trajectory, start, count)
        stretch = await asyncio.to_thread(Stretch.from_bytes, self._trajectory, data)
        complete = stretch.count == count or (stretch.count < count and stretch.failure is not None)
        if stretch.first != first or not complete or _start_of(stretch) != start:
            raise IntegrityError(f"A worker's stretch is not the one from interval {first} on.")
        return stretch, data


def slice_specs(stretch: Stretch, intervals: range) -> list[SliceSpec]:
    """Return the inputs from which tasks make the slices of some of a stretch's intervals."""
    bounds = [*stretch.checkpoints, stretch.tail]
    return [
        SliceSpec(
            interval=interval,
            start=bounds[at],
            iterations=bounds[at + 1].iteration - bounds[at].iteration,
            expected=bounds[at + 1],
        )
        for interval in intervals
        for at in (interval - stretch.first,)
    ]


def _start_of(stretch: Stretch) -> Checkpoint:
    return stretch.checkpoints[0] if stretch.count else stretch.tail


async def _cancelled(coming: asyncio.Task[tuple[Stretch, bytes]] | None) -> None:
    if coming is not None:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
