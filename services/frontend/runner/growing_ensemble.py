"""One result of an ensemble's run while it grows: its nominal trajectory and its members so far.

- Each block that comes is stored under the lease, then added. Every few seconds what is known is
  published as a partial result.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from frontend.results.ensemble_store import SUMMARY, packed
from frontend.runner.executor import SHORTEST_S
from sim.ensemble.planning import Span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from frontend.results.ensemble_store import EnsembleStore
    from frontend.runner.lease_keeper import LeaseKeeper
    from sim.ensemble.block import Block
    from sim.ensemble.nominal import Nominal
    from sim.ensemble.population import Population
    from sim.scenario import PropagationRequest

__all__ = ["Account", "GrowingEnsemble", "Unwanted"]

PARTIAL_S: Final = 2.0  # between two partial results
PARTIAL_SHARE: Final = 0.1  # of the run's time at most goes into partial results


class Unwanted(Exception):
    """Nobody waits for the result that is being computed."""


@dataclass(slots=True)
class Account:
    """What one result of a run has taken so far, and what it may still keep."""

    budget: int  # bytes of its blocks that may still be stored
    members: int = 0  # that were computed
    core_s: float = 0.0  # in which they were computed, all together
    started_at: float = field(default_factory=monotonic)

    @property
    def elapsed_s(self) -> float:
        """Seconds since its turn came."""
        return max(SHORTEST_S, monotonic() - self.started_at)

    def add(self, block: Block) -> bool:
        """Account for a block that was computed; return whether there is room for it."""
        self.members += block.count
        self.core_s += block.seconds
        size = sum(map(len, block.parts.values()))
        has_room = size <= self.budget
        self.budget -= size if has_room else 0
        return has_room


class GrowingEnsemble:
    """A result that grows, of a run whose lease `keeper` keeps."""

    def __init__(
        self,
        population: Population,
        request: PropagationRequest,
        nominal: Nominal,
        account: Account,
        store: EnsembleStore,
        keeper: LeaseKeeper,
        report: Callable[..., Awaitable[None]],
    ) -> None:
        self.population = population
        self.request = request
        self.nominal = nominal
        self.account = account
        self._store = store
        self._keeper = keeper
        self._report = report
        self._reused = population.finished
        self._one_at_a_time = asyncio.Lock()
        self._partial_due = 0.0  # monotonic

    def missing(self, under_way: Span | None = None) -> list[Span]:
        """Return the members that are missing, in order, but for those that are under way."""
        spans = [Span(each.start, len(each)) for each in self.population.missing]
        if under_way is None:
            return spans
        return [part for span in spans for part in _without(span, under_way)]

    async def take(self, block: Block) -> None:
        """Store a block that was computed, and add it; raises Unwanted, or LeaseLost."""
        async with self._one_at_a_time:
            await self._take(block)

    async def _take(self, block: Block) -> None:
        if self.request.id not in self._keeper.waiting:
            raise Unwanted
        population, keep = self.population, self.account.add(block)
        put, lease = self._store.put_block, self._keeper.lease
        await self._keeper.call(put, lease, self.request, block, keep=keep)
        await asyncio.to_thread(population.add, block.first, block.count, block.parts)
        if monotonic() >= self._partial_due and not population.is_complete:
            await self._publish_partial()
        made = population.finished - self._reused
        await self._report(  # afterwards: pages look for what they are told of
            of=self.request.steps,
            done=population.finished * self.request.steps,
            rate=made * self.request.steps / self.account.elapsed_s,
        )

    async def _publish_partial(self) -> None:
        began, put = monotonic(), self._store.put_partial
        parts = await asyncio.to_thread(_shown, self.population)
        await self._keeper.call(put, self._keeper.lease, self.request, parts)
        took_s = monotonic() - began
        self._partial_due = monotonic() + max(PARTIAL_S, took_s / PARTIAL_SHARE)


def _shown(population: Population) -> dict[str, bytes]:
    """Return what a partial result consists of."""
    document: Any = population.document()
    densities = {
        name: data for name, data in population.parts().items() if name.startswith("density/")
    }
    return {SUMMARY: packed(document), **densities}


def _without(span: Span, other: Span) -> list[Span]:
    parts = (
        Span(span.first, min(span.end, other.first) - span.first),
        Span(max(span.first, other.end), span.end - max(span.first, other.end)),
    )
    return [part for part in parts if part.count > 0]
