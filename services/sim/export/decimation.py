"""Fewer records that look the same: for each agent those with the extremes of x and of y.

Guarantees:

- At most `max_points` rows come out, shared evenly among the agents; they are rows that went
  in, in their order. If no more than `max_points` went in, all come out.
- Each agent's rows are divided into bins of 2**k rows; a bin gives its (first) rows with the
  smallest and largest x and y, so an agent's extremes are among its rows in any case.
- Memory depends on `max_points` alone: bins are merged two by two when they run out, so
  neither the number of rows nor how they are batched need be known, or makes a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from sim.errors import RequestError
from sim.export.loops import fold
from sim.records import NUMBERS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAX_POINTS", "thin"]

MAX_POINTS: Final = 1_000_000
"""The most that can be asked for: 64 MB of bins; whoever wants more can have everything."""

_PER_BIN: Final = 4  # the smallest and largest x, the smallest and largest y
_X_AND_Y: Final = (NUMBERS.index("x"), NUMBERS.index("y"))


def thin(
    batches: Iterable[pa.RecordBatch], max_points: int, *, agents: int
) -> Iterator[pa.RecordBatch]:
    """Yield at most `max_points` of the rows of batches of so many agents.

    Raises RequestError, before anything is read, unless `4 * agents <= max_points <= MAX_POINTS`.
    """
    fewest = _PER_BIN * agents
    if not fewest <= max_points <= MAX_POINTS:
        raise RequestError(
            "max_points", f"must be from {fewest} (4 for each agent) to {MAX_POINTS}"
        )
    return _thin(batches, max_points)


def _thin(batches: Iterable[pa.RecordBatch], max_points: int) -> Iterator[pa.RecordBatch]:
    """Hold rows back until there are too many; only then start to thin them."""
    held: list[pa.RecordBatch] = []
    rows = 0
    thinning: _Thinning | None = None
    for batch in batches:
        rows += batch.num_rows
        held.append(batch)
        if rows > max_points:
            thinning = thinning or _Thinning(batch.column("agent").dictionary, max_points)
            for each in held:
                thinning.add(each)
            held = []
    yield from held if thinning is None else thinning.result()


class _Thinning:
    """The bins of all agents, and what they keep."""

    def __init__(self, names: pa.StringArray, max_points: int) -> None:
        agents = len(names)
        bins = max_points // (_PER_BIN * agents)
        self._names = names
        self._rows = 0
        self._widths = np.ones(agents, np.int64)
        self._seen = np.zeros(agents, np.int64)
        self._kept = np.empty((agents, bins, _PER_BIN, len(NUMBERS)))
        self._order = np.empty((agents, bins, _PER_BIN), np.int64)

    def add(self, batch: pa.RecordBatch) -> None:
        """Fold a batch into the bins."""
        fold(
            np.stack([batch.column(name).to_numpy() for name in NUMBERS]),
            batch.column("agent").indices.to_numpy(),
            _X_AND_Y,
            self._rows,
            self._widths,
            self._seen,
            self._kept,
            self._order,
        )
        self._rows += batch.num_rows

    def result(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows kept, each once, in the order in which they came."""
        bins = self._kept.shape[1]
        used = np.arange(bins) * self._widths[:, None] < self._seen[:, None]
        _, chosen = np.unique(self._order[used], return_index=True)
        agents = np.nonzero(used)[0].repeat(_PER_BIN)[chosen].astype(np.int16)
        numbers = self._kept[used].reshape(-1, len(NUMBERS))[chosen]
        names = pa.DictionaryArray.from_arrays(pa.array(agents), self._names)
        yield pa.record_batch([names, *(pa.array(column) for column in numbers.T)], schema=SCHEMA)
