"""A propagation on a cluster: its stretches, and the first of its slices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sim.cost_model import COSTS, slice_batches, sliced_intervals
from sim.driver.chain import Chain, works_of
from sim.driver.output import Output
from sim.driver.tasks import SliceWork, make_slices
from sim.driver.worker_pool import WorkerPool, together
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
    """Pass over complete intervals from `start` on, and make slices of those within the budget.

    `on_stretch` gets each stretch, verified, in order, one call at a time; a stretch with a
    failure is the last. `on_slices` gets intervals' slices as they come, never more than
    `slice_budget` bytes of them, of the trajectory's first intervals only. What either raises
    ends the propagation and is raised here. Raises ClusterError, or IntegrityError where what
    came back is not what was asked for.
    """
    if first_interval >= until_interval:
        return
    scenario = trajectory.scenario
    sliced = sliced_intervals(scenario, until_interval, slice_budget)
    pool = WorkerPool(client, deadline_s)
    left = unplanned = slice_budget

    async def make(works: list[SliceWork]) -> None:
        nonlocal left
        if left < 0:
            return
        slices = await pool.aside(works[0].interval, make_slices, trajectory, works)
        await asyncio.to_thread(_verify, trajectory, slices)
        left -= sum(len(data) for _, data in slices)
        if left >= 0:
            await on_slices(slices)

    output = Output(pool, make)

    def hand_over(stretch: Stretch) -> None:
        nonlocal unplanned
        records = stretch.interval_records[: max(0, sliced - stretch.first)]
        for batch in slice_batches(scenario, stretch.first, records, until=sliced):
            unplanned -= COSTS.record_bytes * sum(records[j - stretch.first] for j in batch)
            if unplanned >= 0:
                output.add(works_of(stretch, batch))

    await pool.ready(first_interval)
    async with together() as tasks:
        tasks.create_task(output.work_off())
        chain = Chain(pool, trajectory, until_interval)
        await chain.follow(start, hand_over=hand_over, on_stretch=on_stretch)
        output.end()


def _verify(trajectory: Trajectory, slices: list[tuple[int, bytes]]) -> None:
    for interval, data in slices:
        slice_from_bytes(trajectory, interval, data)
