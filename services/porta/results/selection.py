"""Which records of a run are asked for: those of a window, every so-manyth, or states at times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porta.errors import ArgumentError
from porta.numbers import count, real, reals

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa

    from porta.sources import RunSource
    from sim.export.metadata import Metadata

__all__ = ["Selection", "read_selection", "read_window"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Selection:
    """Records that overlap [t0, t1], or every so-manyth of each agent; or the states at `times`."""

    t0: float = -math.inf
    t1: float = math.inf
    every: int | None = None
    times: np.ndarray[Any, np.dtype[np.float64]] | None = None

    @property
    def is_all(self) -> bool:
        """Whether it is all records."""
        is_unbounded = (self.t0, self.t1, self.every) == (-math.inf, math.inf, None)
        return self.times is None and is_unbounded

    def batches(self, source: RunSource) -> Iterator[pa.RecordBatch]:
        """Yield the rows; raises RequestError for times that take too much to be remade."""
        if self.times is not None:
            return source.states(self.times)
        return source.records(self.t0, self.t1, self.every)

    def metadata(self, source: RunSource) -> Metadata:
        """Return what a table or a file of these rows says of itself."""
        from sim.export.metadata import Chosen, Metadata, chosen_times

        chosen = Chosen(t0=_bounded(self.t0), t1=_bounded(self.t1), every=self.every)
        if self.times is not None:
            chosen = chosen_times(self.times)
        checksum = source.propagation.checkpoints_checksum
        return Metadata(request=source.request, chosen=chosen, checksum=checksum)

    def schema(self, source: RunSource) -> pa.Schema:
        """Return the columns of the rows, which say of what request they are."""
        from sim.export.metadata import described
        from sim.records import schema_of, states_schema_of

        model = source.request.trajectory.scenario.model
        columns = schema_of(model) if self.times is None else states_schema_of(model)
        return described(columns, self.metadata(source))


def _bounded(time: float) -> float | None:
    return time if math.isfinite(time) else None


def read_selection(t0: object, t1: object, every: object, times: object) -> Selection:
    """Read the arguments that choose records; raises ArgumentError."""
    low, high = read_window(t0, t1)
    if times is None:
        kth = None if every is None else count("every", every)
        return Selection(
            t0=-math.inf if low is None else low, t1=math.inf if high is None else high, every=kth
        )
    if (t0, t1, every) != (None, None, None):
        raise ArgumentError(
            "times", "times choose the rows alone: leave out t0, t1 and every, or leave out times."
        )
    return Selection(times=reals("times", times))


def read_window(t0: object, t1: object) -> tuple[float | None, float | None]:
    """Read a window of time, None for its ends; raises ArgumentError.

    A window that lies at infinity is none: a file could not say which it is.
    """
    low = None if t0 is None else real("t0", t0, finite=False)
    high = None if t1 is None else real("t1", t1, finite=False)
    for where, bound, no_bound in (("t0", low, -math.inf), ("t1", high, math.inf)):
        if bound == -no_bound:
            raise ArgumentError(
                where, f"{where} must be a finite time, or {no_bound} for no bound, not {bound}."
            )
    if low is not None and high is not None and low > high:
        raise ArgumentError("t0", f"t0 must not be after t1: {low!r} is after {high!r}.")
    return low, high
