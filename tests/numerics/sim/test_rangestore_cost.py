"""What reads and insertions cost, in comparisons: on any machine, in the worst orders."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from sim.rangestore import QRangeStore
from tests.unit.sim.ranges import Range, filled, read

if TYPE_CHECKING:
    from collections.abc import Callable


class CountedMoment(float):
    """A moment that counts how often it is compared: what a read costs, on any machine."""

    compared = 0

    def __le__(self, other: float) -> bool:
        self.compared += 1
        return super().__le__(other)

    def __ge__(self, other: float) -> bool:
        self.compared += 1
        return super().__ge__(other)

    def __lt__(self, other: float) -> bool:
        self.compared += 1
        return super().__lt__(other)

    def __gt__(self, other: float) -> bool:
        self.compared += 1
        return super().__gt__(other)


N = 4_096


ADVERSARIAL: dict[str, Callable[[int], Range]] = {
    "sorted": lambda i: (i, i + 2.5),
    "reversed": lambda i: (N - i, N - i + 2.5),
    "nested inwards": lambda i: (i, 2 * N - i),
    "nested outwards": lambda i: (N - i, N + i + 1),
    "one low": lambda i: (0, i + 1),
    "one low, reversed": lambda i: (0, N - i),
    "one high": lambda i: (i, N),
    "one high, reversed": lambda i: (N - 1 - i, N),
    "all equal": lambda _: (0, 1),
    "inside out": lambda i: (N + (-1) ** i * i, N + (-1) ** i * i + 2.5),
    "one long, many short": lambda i: (0, 2 * N) if i == 0 else (i, i + 0.5),
    "ends first": lambda i: (i, 2 * N + 1 - 2 * (i % 2) * i / N),
}


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_a_read_visits_log_n_and_the_hits_whatever_the_order(order: str) -> None:
    stored = [ADVERSARIAL[order](i) for i in range(N)]
    store, naive = filled(stored)
    random.seed(order)
    asked = random.choices([bound for pair in stored for bound in pair], k=50)
    for moment in [-1.0, 0.25, N + 0.25, 2.0 * N, *asked]:
        t = CountedMoment(moment)
        hits = read(store, t)
        assert hits == naive.holding(moment)
        # `in` and the read itself: each compares at most 3 times a node that it visits, and
        # visits the path, the hits, and at most two nodes below each of either.
        path = math.log(N) / math.log(1 / 0.7) + 2
        assert t.compared <= 2 * 3 * 3 * (path + len(hits))


def test_a_read_costs_a_little_more_where_there_is_much_more() -> None:
    def comparisons(n: int) -> int:
        store, _ = filled([(float(i), i + 2.5) for i in range(n)])
        t = CountedMoment(n / 2)
        assert len(store[t]) == 3
        return t.compared

    assert comparisons(32_768) <= comparisons(256) + 3 * 20


class CountedBound(float):
    """A bound that counts all comparisons of its kind: what insertions cost."""

    compared = 0

    def __gt__(self, other: float) -> bool:
        CountedBound.compared += 1
        return super().__gt__(other)

    def __lt__(self, other: float) -> bool:
        CountedBound.compared += 1
        return super().__lt__(other)

    def __eq__(self, other: object) -> bool:
        CountedBound.compared += 1
        return super().__eq__(other)

    __hash__ = float.__hash__


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_insertions_cost_a_polylogarithm_each_whatever_the_order(order: str) -> None:
    CountedBound.compared = 0
    store = QRangeStore[int]()
    for i in range(N):
        low, high = ADVERSARIAL[order](i)
        store[CountedBound(low), CountedBound(high)] = i
    assert CountedBound.compared <= N * 3 * math.log2(N) ** 2
