"""An ensemble on a cluster: blocks of members on all threads of all workers, in any order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sim.cost_model import member_seconds
from sim.driver.output import Output
from sim.driver.tasks import ensemble_inputs, make_block, make_nominal
from sim.driver.worker_pool import BLOCKS, WorkerPool, task_group
from sim.ensemble.block import Block, most_members
from sim.ensemble.nominal import Nominal
from sim.ensemble.planning import LANES, Span, continued_blocks, planned_blocks, short_starts
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from distributed import Client, Future

    from sim.driver.tasks import EnsembleInputs
    from sim.scenario import PropagationRequest

__all__ = ["ensemble_on", "nominal_on", "patience_s"]

_SLOWEST: Final = 8  # how many times as long as by the table of costs a block may take


async def _none(_span: Span) -> None:
    return None


def patience_s(request: PropagationRequest, deadline_s: float) -> float:
    """Return how long a task of an ensemble may take: eight times as long as by the table of costs.

    Or `deadline_s`, where that is longer. Tasks are the nominal trajectory, and blocks.
    """
    longest_s = max(
        request.trajectory.scenario.pass_seconds(request.steps),
        min(most_members(request), LANES) * member_seconds(request),
    )
    return max(deadline_s, _SLOWEST * longest_s)


async def nominal_on(client: Client, request: PropagationRequest, *, deadline_s: float) -> Nominal:
    """Return the nominal trajectory of a request, computed by a worker.

    It has the time of `patience_s`. Raises ClusterError, or IntegrityError if a worker returns
    anything else.
    """
    pool = WorkerPool(client, patience_s(request, deadline_s), BLOCKS)
    await pool.ready(0)
    data = await pool.run_chain_task(0, make_nominal, request)
    return Nominal.from_bytes(request, data)


async def ensemble_on(  # noqa: PLR0913 - keyword-only, and each is a thing of its own
    client: Client,
    request: PropagationRequest,
    *,
    nominal: Nominal,
    ranges: Iterable[tuple[int, int]],
    on_block: Callable[[Block], Awaitable[None]],
    deadline_s: float,
    starts: Iterable[tuple[int, int]] = (),
    load_start: Callable[[Span], Awaitable[tuple[int, bytes] | None]] = _none,
    threads: int = 1,
) -> None:
    """Compute the members in `ranges`, (first, count) each, in blocks.

    `on_block` receives each block as it arrives, verified, one call at a time, with the seconds in
    which its worker computed it. `starts` are the members of blocks of fewer steps: those within
    the ranges are gone on from, unless that takes too long for a block (`short_starts`).
    `load_start` returns how many steps such a block has, and its bytes, when it is its turn; None
    has it computed anew.
    At most two blocks for each thread are under way or wait for `on_block`. `threads` is how many
    there will be when all workers have come. A block has the time of `patience_s`.

    An error of a callback ends the others and is raised here. Raises ClusterError, or
    IntegrityError if a worker returns anything other than what was asked for.
    """
    spans = [Span(*span) for span in ranges]
    if not spans:
        return
    member_s, most = member_seconds(request), most_members(request)
    pool = WorkerPool(client, patience_s(request, deadline_s), BLOCKS)
    await pool.ready(spans[0].first)
    continued, anew = continued_blocks(spans, short_starts(starts, member_s=member_s, most=most))
    threads = max(threads, await pool.threads())
    planned = planned_blocks(anew, member_s=member_s, threads=threads, most=most)
    with pool.shared(ensemble_inputs, request, nominal.to_bytes()) as inputs:
        blocks = _Blocks(pool, request, inputs, frozenset(continued), load_start, on_block)
        await blocks.run((*continued, *planned))


class _Blocks:
    """The blocks of one ensemble, a few under way at a time."""

    def __init__(
        self,
        pool: WorkerPool,
        request: PropagationRequest,
        inputs: Future[EnsembleInputs],
        continued: frozenset[Span],
        load_start: Callable[[Span], Awaitable[tuple[int, bytes] | None]],
        on_block: Callable[[Block], Awaitable[None]],
    ) -> None:
        self._pool = pool
        self._request = request
        self._inputs = inputs
        self._continued = continued
        self._load_start = load_start
        self._on_block = on_block
        self._one_at_a_time = asyncio.Lock()
        self._output = Output(pool, self._make)

    async def run(self, spans: Iterable[Span]) -> None:
        for span in spans:
            self._output.add(span)
        self._output.end()
        async with task_group() as tasks:
            tasks.create_task(self._output.run())

    async def _make(self, span: Span) -> None:
        """Have a block computed; its thread is free again when it is handled."""
        start = await self._load_start(span) if span in self._continued else None
        data, seconds = await self._pool.run_output_task(
            span.first, make_block, self._inputs, span.first, span.count, start
        )
        block = await asyncio.to_thread(Block.from_bytes, self._request, data)
        if (block.first, block.count) != span:
            raise IntegrityError(f"A worker's block is not the one from member {span.first} on.")
        async with self._one_at_a_time:
            await self._on_block(replace(block, seconds=seconds))
