"""The table of an ensemble's members, read as it is needed: a row for each member and agent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

from porta.errors import ArgumentTypeError, porta_errors
from porta.names import one_of, some_of
from porta.results.tables import table_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from porta.sources import EnsembleSource

__all__ = ["Members"]

_SHOWN = 8  # rows, in a notebook
_INSTEAD = (
    "choose some, by .where(agent=..., outcome=...) or [a:b], read them piece by piece, "
    ".batches(), or write them, .save(path)"
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Members:
    """Rows of an ensemble's members: chosen, sorted, and read when they are asked for.

    A row for each member and each agent, in the order of members, and of each in that of agents. So
    `len` is the number of members times that of agents, until rows are chosen: how many members
    there are, `members_count` of the ensemble says. `[i]` is one row as a dict, `[a:b]` some as a
    table of Arrow. The columns: member, agent, outcome, steps,
    escape_at, escape_time, closest, closest_at, t, position, velocity, and osculating elements.
    """

    _source: EnsembleSource
    _where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _sort: str = ""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        from sim.ensemble.table import table_schema

        return table_schema(self._source.request.trajectory.scenario)

    def where(
        self,
        *,
        outcome: str | tuple[str, ...] | list[str] | None = None,
        agent: str | tuple[str, ...] | list[str] | None = None,
    ) -> Members:
        """Return the rows with these outcomes, or of these agents: one, or several.

        Outcomes: bound, escaped, none (an agent without a primary), collision, divergence,
        standstill.
        """
        from sim.ensemble.table import OUTCOMES

        chosen = dict(self._where)
        if outcome is not None:
            chosen["outcome"] = some_of("outcome", outcome, OUTCOMES)
        if agent is not None:
            names = self._source.request.trajectory.scenario.names
            chosen["agent"] = some_of("agent", agent, names)
        return replace(self, _where=chosen)

    def sort(self, column: str, *, descending: bool = False) -> Members:
        """Return the rows in the order of a column; nulls last, ties in the order of members."""
        return replace(self, _sort="-" * descending + one_of("column", column, self.schema.names))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows piece by piece, in constant memory unless they are sorted."""
        with porta_errors():
            yield from self._source.rows(where=self._where, sort=self._sort)

    def __len__(self) -> int:
        request = self._source.request
        if not self._where:
            return request.members * len(request.trajectory.scenario.agents)
        with porta_errors():
            return sum(batch.num_rows for batch in self._source.rows(where=self._where, sort=""))

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> pa.Table: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | pa.Table:
        """Return one row as a dict, or some as a table of Arrow."""
        if isinstance(at, slice):
            return self._slice(at)
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise ArgumentTypeError("members", "members are chosen by a row's number, or by [a:b].")
        place = at.__index__()
        first = place + len(self) if place < 0 else place
        rows: list[dict[str, Any]] = self._rows(first, first + 1).to_pylist() if first >= 0 else []
        if not rows:
            raise IndexError(f"There is no row {place:,}: there are {len(self):,}.")
        return rows[0]

    def _slice(self, at: slice) -> pa.Table:
        start, stop, step = at.indices(len(self))
        if step != 1:
            raise ArgumentTypeError(
                "members", "members are chosen in one row: [a:b], without a step."
            )
        return self._rows(start, max(start, stop))

    def _rows(self, start: int, stop: int) -> pa.Table:
        """Return the rows from `start` up to `stop`."""
        with porta_errors():
            batches = self._source.rows(where=self._where, sort=self._sort, limit=stop)
            return table_of(self.schema, _cut(batches, start, stop), instead=_INSTEAD)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.batches():
            yield from batch.to_pylist()

    def to_arrow(self) -> pa.Table:
        """Return all rows as a table of Arrow; raises LimitError for more than 20,000,000."""
        with porta_errors():
            rows = self._source.rows(where=self._where, sort=self._sort)
            return table_of(self.schema, rows, instead=_INSTEAD)

    def to_pandas(self) -> pd.DataFrame:
        """Return all rows as a DataFrame of pandas."""
        from porta.results.conversions import pandas_of

        return pandas_of(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        """Return all rows as a DataFrame of polars."""
        from porta.results.conversions import polars_of

        return polars_of(self.to_arrow())

    def to_numpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return all rows as arrays by column; nulls are nan, -1 or ""."""
        from porta.results.conversions import numpy_of

        return numpy_of(self.to_arrow())

    def save(self, path: str | os.PathLike[str], *, sidecar: bool = False) -> Path:
        """Write the rows to a file: .parquet, .arrow, .csv or .json; returns its path.

        With a `sidecar`, a file beside it says what it is of; Parquet and Arrow say it themselves.
        """
        from porta.results.saving import save_members

        return save_members(self._source, path, self._where, self._sort, sidecar=sidecar)

    def _repr_html_(self) -> str:
        from porta.drawing.card import card_of_rows

        return card_of_rows(repr(self), self[:_SHOWN].to_pylist(), len(self))

    def __repr__(self) -> str:
        chosen = "".join(f", {name} {' or '.join(words)}" for name, words in self._where.items())
        order = f", sorted by {self._sort}" if self._sort else ""
        return f"<porta.Members of {self._source.request.id}{chosen}{order}>"


def _cut(batches: Iterator[pa.RecordBatch], start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows from `start` up to `stop`; no batch after them is made."""
    at = 0
    if start >= stop:
        return
    for batch in batches:
        low, high = max(start - at, 0), min(stop - at, batch.num_rows)
        if low < high:
            yield batch.slice(low, high - low)
        at += batch.num_rows
        if at >= stop:
            return
