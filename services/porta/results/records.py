"""The records of a run, as tables of several libraries: all, some, or states at times."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from porta.errors import porta_errors
from porta.results.asked import Asked
from porta.results.selection import Selection, read_selection
from porta.results.tables import table_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from porta.sources import RunSource

    Times = Sequence[float] | np.ndarray[Any, Any] | float

__all__ = ["Records"]

_INSTEAD: Final = (
    "choose a window (t0, t1), every=k or times, read it piece by piece, .batches(), or write it, "
    ".save(path)"
)


class Records(Asked, ABC):
    """What reads the records of a run; `porta.Propagation` is one."""

    def __init__(self, source: RunSource) -> None:
        super().__init__(source.request)
        self._source = source

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents' names, in the scenario's order."""
        return self._request.trajectory.scenario.names

    @property
    @abstractmethod
    def records(self) -> int:
        """The number of records, the initial ones included."""

    def batches(
        self,
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield what `table` returns piece by piece, of any length, in constant memory."""
        selection = read_selection(t0, t1, every, times)
        with porta_errors():
            yield from selection.batches(self._source)

    def table(
        self,
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
    ) -> pa.Table:
        """Return records as a table of Arrow, in the order of computation.

        All of them, or those that overlap the window [t0, t1], or of each agent the records 0, k,
        2k, ... for `every=k`. With `times`, a row for each time and agent, as `states` returns.
        Columns: agent, t0, t1 (its time), timeStep, and position and velocity; the initial records
        have t0 = -inf. Raises ArgumentError, and LimitError for more than 20,000,000 rows.
        """
        return self._table(read_selection(t0, t1, every, times))

    def _table(self, selection: Selection) -> pa.Table:
        with porta_errors():
            return table_of(
                selection.schema(self._source),
                selection.batches(self._source),
                instead=_INSTEAD,
                expected=self._expected(selection),
            )

    def _expected(self, selection: Selection) -> int:
        """Return how many rows a table will have; 0 where only making them can tell."""
        if selection.times is not None:
            return selection.times.size * len(self.agents)
        if (selection.t0, selection.t1) != (-math.inf, math.inf):
            return 0
        return self.records // (selection.every or 1)

    def states(self, times: Times) -> pa.Table:
        """Return the state of every agent at each of these times, as a table of Arrow.

        A row for each time and agent; null where the agent's clock has not gone that far. Where
        agents step together it is the state at that very time; in `nano`, where each has a clock of
        its own, the record that holds the time.
        """
        return self._table(read_selection(None, None, None, times))

    def elements(self, times: Times) -> pa.Table:
        """Return the osculating elements of each agent that has a primary, at these times.

        Columns: t, agent, primary, a, e, i, node, argp, anomaly (degrees; true anomaly); in the
        plane without i and node. a is below 0 on a hyperbola; what is not defined is null.
        """
        from porta.results.elements import elements_at

        return elements_at(self._request.trajectory.scenario, self.states(times))

    def save(
        self,
        path: str | os.PathLike[str],
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
        sidecar: bool = False,
    ) -> Path:
        """Write what `table` returns to a file, of any length; returns its path.

        The suffix says which format: .parquet, .arrow, .csv, .json, .js, or .oem (CCSDS, of a
        scenario that declares units, epoch, time scale, frame and centre). The file appears when
        all of it is written, in place of one that was there. What it is of is in the metadata of
        Parquet and Arrow files; a `sidecar` beside any file says so, too. `verify` takes all these,
        but for an OEM of chosen times.

        A name such as "orbit/" gives a folder of Parquet parts, which goes on with what is there. A
        name such as "orbit.crate/" or "orbit.crate.zip" gives an RO-Crate: all records, the
        request, checkpoints and versions (with the package rocrate: `porta[crate]`).
        """
        from porta.results.saving import save_run

        selection = read_selection(t0, t1, every, times)
        return save_run(self._source, path, selection, sidecar=sidecar)

    def to_pandas(
        self,
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
    ) -> pd.DataFrame:
        """Return what `table` does as a DataFrame of pandas."""
        from porta.results.conversions import pandas_of

        return pandas_of(self.table(t0, t1, every=every, times=times))

    def to_polars(
        self,
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
    ) -> pl.DataFrame:
        """Return what `table` does as a DataFrame of polars."""
        from porta.results.conversions import polars_of

        return polars_of(self.table(t0, t1, every=every, times=times))

    def to_numpy(
        self,
        t0: float | None = None,
        t1: float | None = None,
        *,
        every: float | None = None,
        times: Times | None = None,
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Return what `table` does as arrays by column; agents as texts, nulls as nan."""
        from porta.results.conversions import numpy_of

        return numpy_of(self.table(t0, t1, every=every, times=times))
