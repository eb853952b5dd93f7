"""Whole requests on a cluster: all of a propagation, or all of an ensemble, for one caller.

Guarantees, beside those of the driver:

- Results are those that are computed in one process (`sim.engine.computed`,
  `sim.ensemble.computed`), to the bit.
- Figures are drawn by the caller, who opens what was gathered.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from sim.driver.ensembles import ensemble_on, nominal_on
from sim.driver.propagating import propagate_on
from sim.engine.computed import HELD_BYTES, Gathering
from sim.ensemble.computed import ComputedEnsemble

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

    from sim.engine import Stretch
    from sim.ensemble.block import Block
    from sim.scenario import PropagationRequest

__all__ = ["compute_on", "gather_on"]


class _Enough(Exception):
    """The stretches hold what an order has come to."""


async def gather_on(
    client: Client,
    request: PropagationRequest,
    *,
    deadline_s: float,
    held_bytes: int = HELD_BYTES,
    on_progress: Callable[[int], None] | None = None,
) -> Gathering:
    """Have the stretches of a propagation, or of an order, integrated; raises ClusterError.

    `on_progress` is called with the number of steps that are done.
    """
    trajectory, gathering = request.trajectory, Gathering(request, held_bytes)

    async def keep(stretch: Stretch, _data: bytes) -> None:
        await asyncio.to_thread(gathering.add, stretch)
        if on_progress is not None:
            on_progress(gathering.reached)
        if gathering.is_over:
            raise _Enough

    async def ignore(_slices: list[tuple[int, bytes]]) -> None:
        pass

    with suppress(_Enough):
        await propagate_on(
            client,
            trajectory,
            start=gathering.end,
            first_interval=0,
            until_interval=trajectory.intervals_for(request.steps),
            slice_budget=0,
            on_stretch=keep,
            on_slices=ignore,
            deadline_s=deadline_s,
        )
    return gathering


async def compute_on(
    client: Client,
    request: PropagationRequest,
    *,
    deadline_s: float,
    threads: int = 1,
    keep_members: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> ComputedEnsemble:
    """Have all members of an ensemble computed; raises ClusterError.

    `threads` is how many there will be when all workers have come. `on_progress` is called with the
    number of members that are done.
    """
    nominal = await nominal_on(client, request, deadline_s=deadline_s)
    ensemble = ComputedEnsemble(request, nominal, keep_members=keep_members)

    async def add(block: Block) -> None:
        await asyncio.to_thread(ensemble.add, block)
        if on_progress is not None:
            on_progress(ensemble.population.finished)

    await ensemble_on(
        client,
        request,
        nominal=nominal,
        ranges=[(0, request.members)],
        on_block=add,
        deadline_s=deadline_s,
        threads=threads,
    )
    return ensemble
