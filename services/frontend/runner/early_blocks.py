"""The first blocks of an ensemble, computed by its runner while the cluster starts.

A cluster takes seconds to start, and the first picture need not wait for it. The runner never
becomes a worker: it computes one run's members at a time, on one thread, at most half of them, and
ends when the cluster is there. Results don't depend on where a block was computed.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from sim.cost_model import member_seconds
from sim.ensemble.block import compute_block, most_members
from sim.ensemble.planning import LANES, first_blocks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

    from frontend.runner.growing_ensemble import GrowingEnsemble
    from sim.ensemble.block import Block
    from sim.ensemble.planning import Span
    from sim.scenario import PropagationRequest

__all__ = ["EarlyBlocks", "is_soon_begun"]

MOST_S: Final = 0.5  # for the nominal trajectory, and for the smallest block


def is_soon_begun(request: PropagationRequest) -> bool:
    """Whether the nominal trajectory and a first block take no longer than a cluster to start."""
    smallest = min(LANES, request.members, most_members(request))
    nominal_s = request.trajectory.scenario.pass_seconds(request.steps)
    return max(nominal_s, smallest * member_seconds(request)) <= MOST_S


class EarlyBlocks:
    """The blocks that one run's executor computes itself; `core` is held meanwhile."""

    def __init__(self, core: asyncio.Lock) -> None:
        self.under_way: Span | None = None  # the members that are computed, or being added
        self._core = core
        self._ensemble: GrowingEnsemble | None = None
        self._is_opened = asyncio.Event()
        self._is_over = False
        self._task: asyncio.Task[None] | None = None

    async def compute(self, opened: Callable[[], Awaitable[GrowingEnsemble]]) -> None:
        """Open an ensemble, and compute blocks of it until `end`; nothing while others do so."""
        if self._core.locked():
            return
        async with self._core:
            ensemble = self._ensemble = await opened()
            self._is_opened.set()
            try:
                for self.under_way in _blocks_of(ensemble):
                    await ensemble.take(await _computed(ensemble, self.under_way))
                    if self._is_over:
                        return
            finally:
                self.under_way = None

    @asynccontextmanager
    async def beside(self, computing: Coroutine[object, object, None]) -> AsyncIterator[None]:
        """Run what calls `compute` beside the context's body."""
        self._is_over = False
        self._is_opened.clear()
        task = self._task = asyncio.create_task(computing)
        task.add_done_callback(lambda _: self._is_opened.set())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            self._ensemble, self._task = None, None
            if not task.cancelled():
                task.exception()  # marks it as retrieved: `taken_over` or `ended` has raised it

    async def taken_over(self, request: PropagationRequest) -> GrowingEnsemble | None:
        """End it after the block under way; return the ensemble if it is that of the request."""
        self._is_over = True
        await self._is_opened.wait()
        self._raise_error()
        ensemble, self._ensemble = self._ensemble, None
        return ensemble if ensemble is not None and ensemble.request == request else None

    async def ended(self) -> None:
        """Wait until the block under way is added; raise what `computing` raised."""
        if self._task is not None:
            await asyncio.wait({self._task})
            self._raise_error()

    def _raise_error(self) -> None:
        if self._task is not None and self._task.done():
            self._task.result()


def _blocks_of(ensemble: GrowingEnsemble) -> Iterator[Span]:
    request = ensemble.request
    return first_blocks(
        ensemble.missing(), member_s=member_seconds(request), most=most_members(request)
    )


async def _computed(ensemble: GrowingEnsemble, span: Span) -> Block:
    compute, request, nominal = compute_block, ensemble.request, ensemble.nominal
    return await asyncio.to_thread(compute, request, nominal, span.first, span.count)
