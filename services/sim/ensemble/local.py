"""Blocks of an ensemble computed in this process, on threads that release the GIL."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from sim.cost_model import member_seconds
from sim.ensemble.block import Block, compute_block, most_members
from sim.ensemble.planning import Span, continued_blocks, planned_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sim.ensemble.nominal import Nominal
    from sim.scenario import PropagationRequest

__all__ = ["Compute", "run_blocks"]

_WAITING: Final = 2  # blocks for each thread, so that the next one is there when one ends


class Compute(Protocol):
    """What computes a block, on a thread of its own: `sim.ensemble.block.compute_block`."""

    def __call__(
        self,
        request: PropagationRequest,
        nominal: Nominal,
        first: int,
        count: int,
        start: Block | None = None,
    ) -> Block:
        """Return the block of so many members from `first` on, from the same of fewer steps."""


def run_blocks(
    request: PropagationRequest,
    nominal: Nominal,
    ranges: Iterable[tuple[int, int]],
    *,
    threads: int,
    on_block: Callable[[Block], None],
    starts: Mapping[tuple[int, int], Block] | None = None,
    cancelled: threading.Event | None = None,
    compute: Compute = compute_block,
) -> bool:
    """Compute the members in `ranges`, (first, count) each, and pass on each block.

    `on_block` is called in this thread, one call at a time, in the order in which blocks are done;
    meanwhile at most two blocks for each thread wait. `starts` are blocks of fewer steps, by their
    members: those within the ranges are gone on from. Returns whether all are done: not, once
    `cancelled` is set, after the blocks that are under way. An error of either ends the others, and
    is raised.
    """
    given = {Span(*span): block for span, block in (starts or {}).items()}
    continued, anew = continued_blocks(ranges, given)
    planned = planned_blocks(
        anew,
        member_s=member_seconds(request),
        threads=threads,
        most=most_members(request),
    )
    ended = threading.Event()

    def one(span: Span) -> Block | None:
        if ended.is_set() or (cancelled is not None and cancelled.is_set()):
            return None
        return compute(request, nominal, span.first, span.count, given.get(span))

    with ThreadPoolExecutor(threads, thread_name_prefix="block") as pool:
        try:
            return _drain(pool, (*continued, *planned), one, _WAITING * threads, on_block)
        finally:
            ended.set()


def _drain(
    pool: ThreadPoolExecutor,
    spans: Iterable[Span],
    one: Callable[[Span], Block | None],
    most: int,
    on_block: Callable[[Block], None],
) -> bool:
    """Have blocks computed, at most so many at a time; return whether none was left out."""
    coming, is_complete = iter(spans), True
    running: set[Future[Block | None]] = {pool.submit(one, span) for span in islice(coming, most)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            block = future.result()
            if block is None:
                is_complete = False
            else:
                on_block(block)
            if is_complete:
                running |= {pool.submit(one, span) for span in islice(coming, 1)}
    return is_complete
