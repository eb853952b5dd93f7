"""Decimation: for each agent, the records with the extremes of x and y, and the next finer ones.

Guarantees:

- At most `max_points` input rows come out, in their order, shared evenly among the agents; one with
  few rows leaves its share to the others. If there are no more than `max_points`, all come out.
- Each agent's rows are divided into a fourth as many groups as it has rows to give. A group gives
  its (first) rows with the smallest and largest x and y, so the extremes of an agent always come
  out. Where these coincide, extremes of finer groups fill the number up, evenly spaced.
- Memory depends only on `max_points`: rows are read twice, first to choose them. The number of rows
  need not be known, and the result does not depend on how rows are batched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from sim.errors import RequestError
from sim.export.loops import decimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["BYTES_PER_POINT", "MAX_POINTS", "thin"]

MAX_POINTS: Final = 1_000_000
"""The largest `max_points`. Exports without decimation have no limit."""

BYTES_PER_POINT: Final = 160  # 64 for the bins, the rest to choose from them; measured

_PER_BIN: Final = 4  # the smallest and largest x, the smallest and largest y


def thin(
    read: Callable[[], Iterable[pa.RecordBatch]], max_points: int, *, agents: int
) -> Iterator[pa.RecordBatch]:
    """Yield at most `max_points` of the rows that `read` yields, the same at each of two calls.

    Raises RequestError, before anything is read, unless `4 * agents <= max_points <= MAX_POINTS`.
    """
    fewest = _PER_BIN * agents
    if not fewest <= max_points <= MAX_POINTS:
        raise RequestError(
            "max_points", f"must be from {fewest} (4 for each agent) to {MAX_POINTS}"
        )
    return _thin(read, max_points, agents)


def _thin(
    read: Callable[[], Iterable[pa.RecordBatch]], max_points: int, agents: int
) -> Iterator[pa.RecordBatch]:
    decimation = _Decimation(agents, max_points)
    for batch in read():
        decimation.add(batch)
    if decimation.rows <= max_points:
        yield from read()
    else:
        yield from _chosen(read(), decimation.choose())


def _chosen(batches: Iterable[pa.RecordBatch], chosen: Ints) -> Iterator[pa.RecordBatch]:
    """Yield the rows with these numbers, which increase."""
    first = 0
    for batch in batches:
        begin, end = np.searchsorted(chosen, (first, first + batch.num_rows))
        if begin < end:
            yield batch.take(pa.array(chosen[begin:end] - first))
        first += batch.num_rows


class _Decimation:
    """The bins of all agents: the numbers of their extreme rows, and the extreme values.

    An agent has as many bins as it may give rows, so that at least half as many are in use, each
    with at least two rows: from these its rows are chosen.
    """

    def __init__(self, agents: int, max_points: int) -> None:
        bins = max_points // agents
        self.rows = 0
        self._max_points = max_points
        self._widths = np.ones(agents, np.int64)
        self._seen = np.zeros(agents, np.int64)
        self._extremes = np.empty((agents, bins, _PER_BIN))
        self._order = np.empty((agents, bins, _PER_BIN), np.int64)

    def add(self, batch: pa.RecordBatch) -> None:
        """Reduce a batch into the bins."""
        decimate(
            batch.column("x").to_numpy(),
            batch.column("y").to_numpy(),
            batch.column("agent").indices.to_numpy(),
            self.rows,
            self._widths,
            self._seen,
            self._extremes,
            self._order,
        )
        self.rows += batch.num_rows

    def choose(self) -> Ints:
        """Return the numbers of the rows that come out, increasing."""
        used = -(-self._seen // self._widths)
        offered = [np.unique(self._order[a, :bins]) for a, bins in enumerate(used)]
        shares = _shares(np.array([rows.size for rows in offered]), self._max_points)
        chosen = [
            _choose(rows, self._extremes[a, :bins], self._order[a, :bins], int(share))
            for a, (rows, bins, share) in enumerate(zip(offered, used, shares, strict=True))
        ]
        return np.sort(np.concatenate(chosen))


def _shares(offered: Ints, total: int) -> Ints:
    """Return how many rows each agent gives: an equal share, or all where it offers fewer."""
    shares = np.zeros_like(offered)
    open_ = offered > 0
    while open_.any() and (part := (total - shares.sum()) // open_.sum()):
        shares[open_] += np.minimum(part, (offered - shares)[open_])
        open_ = offered > shares
    return shares


def _choose(offered: Ints, extremes: NDArray[np.float64], order: Ints, share: int) -> Ints:
    """Return `share` of the rows that an agent offers: the extremes of its groups first.

    `extremes` and `order` are (bins, 4): the values and the numbers of the rows.
    """
    if share >= offered.size:
        return offered
    groups = min(len(order), max(1, share // _PER_BIN))
    starts = np.arange(groups) * len(order) // groups
    columns = [
        _of_groups(extremes[:, k], order[:, k], starts, np.maximum if k % 2 else np.minimum)
        for k in range(_PER_BIN)
    ]
    chosen = np.unique(np.concatenate(columns))
    rest = np.setdiff1d(offered, chosen, assume_unique=True)
    missing = share - chosen.size
    spaced = rest[np.arange(missing) * rest.size // max(1, missing)]
    return np.sort(np.concatenate([chosen, spaced]))


def _of_groups(
    values: NDArray[np.float64], order: Ints, starts: NDArray[np.integer[Any]], extreme: np.ufunc
) -> Ints:
    """Return the row with the first extreme of each group of bins."""
    best = extreme.reduceat(values, starts)
    group = np.searchsorted(starts, np.arange(len(values)), side="right") - 1
    hits = np.flatnonzero(values == best[group])
    _, first = np.unique(group[hits], return_index=True)
    rows: Ints = order[hits[first]]
    return rows
