"""Claims about blocks on threads: what they cover, in what order they come, and how they end.

The blocks here hold nothing but their members, so that a test says when each of them is done.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.ensemble.block import Block
from sim.ensemble.local import run_blocks
from sim.ensemble.nominal import Nominal
from sim.ensemble.planning import Span
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST = PropagationRequest(100_000, members=5_000)
NOMINAL = Nominal(np.zeros((1, 3, 1)), np.ones(1))
EVENTUALLY_S = 30.0


@dataclass
class Computing:
    """Computes blocks that hold their members' numbers; counts how many are under way."""

    hold: Callable[[Span], object] = lambda _: None
    most: int = 0
    started: list[Span] = field(default_factory=list)
    starts: dict[Span, Block] = field(default_factory=dict)
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self,
        request: PropagationRequest,
        nominal: Nominal,
        first: int,
        count: int,
        start: Block | None = None,
    ) -> Block:
        assert (request, nominal) == (REQUEST, NOMINAL)
        span = Span(first, count)
        with self._lock:
            self.started.append(span)
            self._running += 1
            self.most = max(self.most, self._running)
            if start is not None:
                self.starts[span] = start
        self.hold(span)
        with self._lock:
            self._running -= 1
        return block(span)


def block(span: tuple[int, int]) -> Block:
    first, count = span
    return Block(first, count, {"members": bytes(range(first % 7, first % 7 + count % 13))})


@dataclass
class Taking:
    """Takes blocks, and sees that it is called in its own thread alone."""

    blocks: list[Block] = field(default_factory=list)
    thread: int = field(default_factory=threading.get_ident)

    def __call__(self, block: Block) -> None:
        assert threading.get_ident() == self.thread
        self.blocks.append(block)

    @property
    def members(self) -> list[int]:
        return sorted(n for each in self.blocks for n in range(each.first, each.first + each.count))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_missing_member_is_computed_once_however_many_threads(threads: int) -> None:
    computing, taken = Computing(), Taking()
    ranges = [(0, 700), (900, 4_100)]
    assert run_blocks(REQUEST, NOMINAL, ranges, threads=threads, on_block=taken, compute=computing)
    assert taken.members == [*range(700), *range(900, 5_000)]
    assert all(one == block((one.first, one.count)) for one in taken.blocks)


def test_nothing_missing_is_done_at_once() -> None:
    computing, taken = Computing(), Taking()
    assert run_blocks(REQUEST, NOMINAL, [], threads=2, on_block=taken, compute=computing)
    assert not computing.started
    assert not taken.blocks


def test_threads_compute_side_by_side() -> None:
    together = threading.Barrier(3, timeout=EVENTUALLY_S)
    first = iter(range(3))

    def meet(_span: Span) -> None:
        if next(first, None) is not None:
            together.wait()

    computing, taken = Computing(meet), Taking()
    assert run_blocks(REQUEST, NOMINAL, [(0, 5_000)], threads=3, on_block=taken, compute=computing)
    assert computing.most == 3
    assert len(taken.members) == 5_000


def test_blocks_are_passed_on_as_they_are_done_and_not_in_order() -> None:
    release = threading.Event()

    def hold_the_first(span: Span) -> None:
        if span.first == 0:
            assert release.wait(EVENTUALLY_S)

    taken = Taking()

    def take(one: Block) -> None:
        taken(one)
        release.set()

    assert run_blocks(
        REQUEST,
        NOMINAL,
        [(0, 5_000)],
        threads=2,
        on_block=take,
        compute=Computing(hold_the_first),
    )
    assert taken.blocks[0].first > 0
    assert taken.members == list(range(5_000))


def test_results_that_nobody_takes_stay_few() -> None:
    computing = Computing()
    ahead: list[int] = []

    def take_slowly(_block: Block) -> None:
        time.sleep(0.005)
        ahead.append(len(computing.started) - len(ahead))

    run_blocks(REQUEST, NOMINAL, [(0, 5_000)], threads=2, on_block=take_slowly, compute=computing)
    assert len(ahead) > 10
    assert max(ahead) <= 4


def test_a_cancelled_ensemble_ends_after_the_blocks_under_way() -> None:
    cancelled = threading.Event()
    computing, taken = Computing(lambda _: cancelled.set()), Taking()
    assert not run_blocks(
        REQUEST,
        NOMINAL,
        [(0, 5_000)],
        threads=2,
        on_block=taken,
        cancelled=cancelled,
        compute=computing,
    )
    assert len(computing.started) <= 2
    assert len(taken.blocks) == len(computing.started)


class Broken(Exception):
    pass


def test_what_a_block_raises_ends_the_others_and_is_raised() -> None:
    def fail(span: Span) -> None:
        if span.first > 1_000:
            raise Broken

    computing = Computing(fail)
    with pytest.raises(Broken):
        run_blocks(REQUEST, NOMINAL, [(0, 5_000)], threads=2, on_block=Taking(), compute=computing)
    assert sum(span.first > 1_000 for span in computing.started) <= 4


def test_what_the_taker_raises_ends_the_blocks_and_is_raised() -> None:
    def refuse(_block: Block) -> None:
        raise Broken

    computing = Computing()
    with pytest.raises(Broken):
        run_blocks(REQUEST, NOMINAL, [(0, 5_000)], threads=2, on_block=refuse, compute=computing)
    assert len(computing.started) <= 4


def test_blocks_of_fewer_steps_are_gone_on_from_and_the_rest_begins_anew() -> None:
    starts = {(64, 128): block((64, 128)), (4_990, 20): block((4_990, 20))}
    computing, taken = Computing(), Taking()
    assert run_blocks(
        REQUEST,
        NOMINAL,
        [(0, 5_000)],
        threads=2,
        on_block=taken,
        starts=starts,
        compute=computing,
    )
    assert computing.starts == {Span(64, 128): starts[64, 128]}
    assert taken.members == list(range(5_000))
