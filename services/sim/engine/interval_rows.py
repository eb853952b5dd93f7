"""How many rows each interval has among chosen records, so that some of them can be found alone.

Guarantees: the counts are those of the rows that `Propagation.slices` and `Propagation.every`
yield. They follow from the checkpoints; only intervals at the edges of a window are made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.engine.archive import Archive
    from sim.kernel import Integers

__all__ = ["IntervalRows", "interval_rows", "least_rows"]


class IntervalRows(NamedTuple):
    """So many `rows` of an interval, from the `first` one of all on."""

    interval: int
    first: int
    rows: int


def interval_rows(
    archive: Archive, window: tuple[float, float], k: int, count: Callable[[int], int]
) -> list[IntervalRows]:
    """Return where the rows of each interval are that has any, of every k-th record in a window.

    The initial rows, which come first where the window begins before time 0, are of none.
    `count` makes an interval's records, and returns how many are chosen.
    """
    t0, t1 = window
    first = archive.agents if t0 < 0.0 else 0
    found = []
    for interval in archive.overlapping(t0, t1):
        start, end = archive.checkpoint(interval), archive.end_of(interval)
        if start.clocks.min() >= t0 and end.clocks.max() <= t1:
            rows = int((end.steps // k - start.steps // k).sum())
        else:
            rows = count(interval)
        if rows:
            found.append(IntervalRows(interval, first, rows))
            first += rows
    return found


def least_rows(archive: Archive, window: tuple[float, float], k: int) -> Integers:
    """Return how many rows each agent has at least, of every k-th record in a window.

    Those of the intervals that lie in the window as a whole: no interval is made again.
    """
    t0, t1 = window
    clocks = archive.clocks
    first = int(np.searchsorted(clocks.min(axis=1), t0, side="left"))
    stop = int(np.searchsorted(clocks.max(axis=1), t1, side="right")) - 1
    if first >= stop:
        return np.zeros(archive.agents, np.int64)
    return archive.end_of(stop - 1).steps // k - archive.checkpoint(first).steps // k
