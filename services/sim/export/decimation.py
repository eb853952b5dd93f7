"""Decimation: for each agent, the records with the extremes of x and y, and no others.

Guarantees:

- At most `max_points` input rows come out, in their order, shared evenly among the agents. If
  there are no more than `max_points`, all come out.
- Each agent's rows are divided into bins of 2**k rows. A bin gives its (first) rows with the
  smallest and largest x and y, so the extremes of an agent always come out.
- Memory depends only on `max_points`: bins are merged in pairs when all are full. The number of
  rows need not be known, and the result does not depend on how rows are batched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from sim.errors import RequestError
from sim.export.loops import decimate
from sim.records import NUMBERS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAX_POINTS", "thin"]

MAX_POINTS: Final = 1_000_000
"""The largest `max_points`: 64 MB of bins. Exports without decimation have no limit."""

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
    """Hold rows back until there are too many; only then start to decimate."""
    held: list[pa.RecordBatch] = []
    rows = 0
    decimation: _Decimation | None = None
    for batch in batches:
        rows += batch.num_rows
        held.append(batch)
        if rows > max_points:
            decimation = decimation or _Decimation(batch.column("agent").dictionary, max_points)
            for pending in held:
                decimation.add(pending)
            held = []
    yield from held if decimation is None else decimation.result()


class _Decimation:
    """The bins of all agents, with their extreme rows."""

    def __init__(self, names: pa.StringArray, max_points: int) -> None:
        agents = len(names)
        bins = max_points // (_PER_BIN * agents)
        self._names = names
        self._rows = 0
        self._widths = np.ones(agents, np.int64)
        self._seen = np.zeros(agents, np.int64)
        self._extremes = np.empty((agents, bins, _PER_BIN, len(NUMBERS)))
        self._order = np.empty((agents, bins, _PER_BIN), np.int64)

    def add(self, batch: pa.RecordBatch) -> None:
        """Reduce a batch into the bins."""
        decimate(
            np.stack([batch.column(name).to_numpy() for name in NUMBERS]),
            batch.column("agent").indices.to_numpy(),
            _X_AND_Y,
            self._rows,
            self._widths,
            self._seen,
            self._extremes,
            self._order,
        )
        self._rows += batch.num_rows

    def result(self) -> Iterator[pa.RecordBatch]:
        """Yield the extreme rows, each once, in their input order."""
        bins = self._extremes.shape[1]
        used = np.arange(bins) * self._widths[:, None] < self._seen[:, None]
        _, chosen = np.unique(self._order[used], return_index=True)
        agents = np.nonzero(used)[0].repeat(_PER_BIN)[chosen].astype(np.int16)
        numbers = self._extremes[used].reshape(-1, len(NUMBERS))[chosen]
        names = pa.DictionaryArray.from_arrays(pa.array(agents), self._names)
        yield pa.record_batch([names, *(pa.array(column) for column in numbers.T)], schema=SCHEMA)
