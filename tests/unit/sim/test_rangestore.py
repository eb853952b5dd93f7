from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sim.rangestore import QRangeStore

if TYPE_CHECKING:
    from collections.abc import Callable


Range = tuple[float, float]


class NaiveStore:
    """What the range store must equal: a list that is scanned."""

    def __init__(self) -> None:
        self.ranges: list[tuple[float, float, int]] = []

    def __setitem__(self, bounds: Range, value: int) -> None:
        self.ranges.append((*bounds, value))

    def holding(self, t: float) -> list[int]:
        return [value for low, high, value in self.ranges if low <= t < high]


def read(store: QRangeStore[int], t: float) -> list[int]:
    """What holds t; the error where nothing does is checked, and read as an empty list."""
    if t in store:
        return store[t]
    with pytest.raises(IndexError, match=r"^Not found\.$"):
        store[t]
    return []


def filled(ranges: list[Range]) -> tuple[QRangeStore[int], NaiveStore]:
    store, naive = QRangeStore[int](), NaiveStore()
    for value, bounds in enumerate(ranges):
        store[bounds] = naive[bounds] = value
    return store, naive


# Few distinct numbers, so that bounds coincide; and any others.
moments = st.integers(-5, 5).map(float) | st.floats(allow_nan=False)
bounds = st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1]).map(sorted)
ranges = bounds.map(lambda pair: (pair[0], pair[1]))


@given(st.lists(ranges), st.lists(moments))
def test_it_reads_what_a_list_scan_reads(stored: list[Range], asked: list[float]) -> None:
    store, naive = filled(stored)
    for t in [*asked, *(bound for pair in stored for bound in pair)]:
        assert read(store, t) == naive.holding(t)


class Histories(RuleBasedStateMachine):
    """Insertions and reads in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.store, self.naive = QRangeStore[int](), NaiveStore()

    @rule(bounds=ranges)
    def insert(self, bounds: Range) -> None:
        value = len(self.naive.ranges)
        self.store[bounds] = self.naive[bounds] = value

    @rule(low=moments, length=st.floats(1e-9, 1e9), count=st.integers(1, 30))
    def insert_a_row(self, low: float, length: float, count: int) -> None:
        for i in range(count):
            bounds = (low + i * length, low + (i + 1) * length)
            if bounds[0] < bounds[1]:
                self.insert(bounds)

    @rule(t=moments)
    def read(self, t: float) -> None:
        assert read(self.store, t) == self.naive.holding(t)

    @invariant()
    def as_long_as_what_was_inserted(self) -> None:
        assert len(self.store) == len(self.naive.ranges)


TestHistories = Histories.TestCase


@pytest.mark.parametrize(
    "bounds", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (1.0, math.nan), (math.inf, math.inf)]
)
def test_what_is_not_a_range_is_refused_and_not_stored(bounds: Range) -> None:
    store = QRangeStore[int]()
    with pytest.raises(IndexError, match=r"^Invalid Range\.$"):
        store[bounds] = 1
    assert len(store) == 0


@pytest.mark.parametrize("t", [0.0, math.nan, math.inf])
def test_what_no_range_holds_is_not_found(t: float) -> None:
    store = QRangeStore[int]()
    store[1.0, math.inf] = 1
    with pytest.raises(IndexError, match=r"^Not found\.$"):
        store[t]


def test_a_range_begins_with_its_low_and_ends_before_its_high() -> None:
    store, _ = filled([(-math.inf, 0.0), (0.0, 1.0)])
    assert store[-math.inf] == [0]
    assert store[math.nextafter(0.0, -1.0)] == [0]
    assert store[0.0] == store[-0.0] == [1]
    assert 1.0 not in store


def test_equal_ranges_are_all_kept_in_order() -> None:
    store, _ = filled([(0.0, 1.0)] * 100)
    assert store[0.5] == list(range(100))


def test_a_store_is_not_iterated_by_its_moments() -> None:
    store, _ = filled([(0.0, 10.0)])
    with pytest.raises(TypeError, match="not iterable"):
        list(store)  # type: ignore[call-overload]  # what must not work


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


def test_a_store_is_typed_by_its_values() -> None:
    store = QRangeStore[str]()
    store[0, 1] = "a"
    texts: list[str] = store[0]
    assert texts == ["a"]
