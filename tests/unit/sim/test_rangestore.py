from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sim.rangestore import QRangeStore
from tests.unit.sim.ranges import NaiveStore, Range, filled, read

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


def test_a_store_is_typed_by_its_values() -> None:
    store = QRangeStore[str]()
    store[0, 1] = "a"
    texts: list[str] = store[0]
    assert texts == ["a"]
