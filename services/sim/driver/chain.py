"""The chain of scouts: stretch after stretch, each verified before the next begins at its end.

The next scout starts from the checkpoint in which the last one ended, not from its result on a
worker: a worker that dies costs one stretch, never the chain behind it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sim.cost_model import stretch_intervals
from sim.driver.tasks import SliceWork, scout
from sim.engine import Stretch
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.driver.worker_pool import WorkerPool
    from sim.engine import Checkpoint
    from sim.scenario import Trajectory

__all__ = ["Chain", "works_of"]


class Chain:
    """The stretches of a trajectory up to an interval, by a crew."""

    def __init__(self, pool: WorkerPool, trajectory: Trajectory, until_interval: int) -> None:
        self._pool = pool
        self._trajectory = trajectory
        self._until = until_interval

    async def follow(
        self,
        start: Checkpoint,
        *,
        hand_over: Callable[[Stretch], None],
        on_stretch: Callable[[Stretch, bytes], Awaitable[None]],
    ) -> Checkpoint:
        """Give each stretch to both, the latter while the next is under way; return the end."""
        coming: asyncio.Task[tuple[Stretch, bytes]] | None = self._next(start)
        with self._pool.chain():
            try:
                while coming is not None:
                    stretch, data = await coming
                    hand_over(stretch)
                    start = stretch.tail
                    coming = None if stretch.failure is not None else self._next(start)
                    await on_stretch(stretch, data)
            finally:
                await _dismissed(coming)
        return start

    def _next(self, start: Checkpoint) -> asyncio.Task[tuple[Stretch, bytes]] | None:
        first = start.iteration // self._trajectory.interval
        count = min(stretch_intervals(self._trajectory.scenario, first), self._until - first)
        return asyncio.create_task(self._scout(start, first, count)) if count > 0 else None

    async def _scout(self, start: Checkpoint, first: int, count: int) -> tuple[Stretch, bytes]:
        data = await self._pool.scout(first, scout, self._trajectory, start, count)
        stretch = await asyncio.to_thread(Stretch.from_bytes, self._trajectory, data)
        whole = stretch.count == count or (stretch.count < count and stretch.failure is not None)
        if stretch.first != first or not whole or _start_of(stretch) != start:
            raise IntegrityError(f"A worker's stretch is not the one from interval {first} on.")
        return stretch, data


def works_of(stretch: Stretch, intervals: range) -> list[SliceWork]:
    """Return what it takes to make the slices of some of a stretch's intervals."""
    bounds = [*stretch.checkpoints, stretch.tail]
    return [
        SliceWork(
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


async def _dismissed(coming: asyncio.Task[tuple[Stretch, bytes]] | None) -> None:
    if coming is not None:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
