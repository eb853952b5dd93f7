"""Ranges stored twice: in the store, and in a list that is scanned."""

from __future__ import annotations

import pytest

from sim.rangestore import QRangeStore

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
