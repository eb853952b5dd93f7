"""Records chosen by their number, and states at given times, from intervals that are made again.

Guarantees:

- Of each agent `every_record` yields the records 0 (the initial one), k, 2k, ... in the order of
  computation.
- `states_at` yields a row for each time and agent, in the order in which the times are given. Of
  agents with clocks of their own it is the record `[t0, t1)` that holds the time, as a range store
  of the agent's records returns it; nulls from the agent's clock at the end on.
- Of agents that step together it is the record that ends at the time, or else what a shorter step
  from the newest record before leads to: t1 is the time, and timeStep the length of that step.
  Before time 0 it is the initial record; beyond the clock at the end, and where no step leads,
  these are nulls.
- Each interval is made about once, and at most two slices are held. An empty batch follows each, so
  that others may have a turn. Times in ascending order are answered as a stream, in constant
  memory; others are held until all are there, so their number is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from sim.cost_model import partial_step_seconds, slice_seconds
from sim.engine.partial_steps import PartialSteps
from sim.engine.slices import initial_batch
from sim.errors import RequestError
from sim.records import states_schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.engine.archive import Archive
    from sim.kernel import Floats, Integers

    Slices = Callable[[int], pa.RecordBatch]

__all__ = ["MAX_REMADE_S", "MAX_TIMES", "check_times", "every_record", "held_rows", "states_at"]

MAX_TIMES: Final = 1_000_000
"""The most times of one request."""

MAX_HELD_ROWS: Final = 2**21
"""The most rows (times agents) of times that are not in ascending order: 120 MB."""

MAX_REMADE_S: Final = 120.0
"""The most seconds of one core that the slices of one request's times may take."""

_ROWS: Final = 32_768  # in a batch: 2.1 MB
_TURN_S: Final = 0.1  # of partial steps, after which others have a turn
_PASSES: Final = 2  # over an interval: to see where its records are, and to go to them
_HELD_SLICES: Final = 2  # agents' clocks differ by less than an interval


# Every k-th record.


def every_record(
    archive: Archive, k: int, slice_of: Slices, intervals: range
) -> Iterator[pa.RecordBatch]:
    """Yield every k-th record of each agent in some intervals, after the initial ones at 0."""
    for interval in intervals:
        before, after = archive.checkpoint(interval).steps, archive.end_of(interval).steps
        if (before // k == after // k).all():  # it has no such record of any agent
            continue
        batch = slice_of(interval)
        agents = batch.column("agent").indices.to_numpy()
        numbers = before[agents] + 1 + _rank(agents, before.size)
        yield batch.take(pa.array(np.flatnonzero(numbers % k == 0)))


def _rank(agents: np.ndarray[Any, np.dtype[np.int16]], count: int) -> Integers:
    """Return how many earlier rows of a batch have the agent of each row."""
    order = np.argsort(agents, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(agents, minlength=count))[:-1]])
    rank = np.empty(agents.size, np.int64)
    rank[order] = np.arange(agents.size) - starts[agents[order]]
    return rank


# States at times.


def check_times(archive: Archive, times: Floats, most_s: float) -> None:
    """Raise RequestError for times that are not finite, or whose slices take more than `most_s`."""
    if not 1 <= times.size <= MAX_TIMES:
        raise RequestError("times", f"must be 1 to {MAX_TIMES:,} times, not {times.size:,}.")
    if not np.isfinite(times).all():
        raise RequestError("times", "must be finite numbers.")
    if held_rows(archive, times) > MAX_HELD_ROWS:
        most = MAX_HELD_ROWS // archive.agents
        raise RequestError(
            "times",
            f"that are not in ascending order must be at most {most:,} of this scenario; sort "
            "them, or ask for fewer.",
        )
    seconds = _remade_seconds(archive, times)
    if seconds > most_s:
        raise RequestError(
            "times",
            f"would take some {seconds:.0f} s to remake, more than the {most_s:.0f} that are "
            "allowed; ask for fewer, or for times that are nearer to one another.",
        )


def _remade_seconds(archive: Archive, times: Floats) -> float:
    """Return the seconds of one core that the states at some times take, without writing them."""
    scenario, of = archive.trajectory.scenario, _intervals(archive, times)
    within = of[(of >= 0) & (of < archive.intervals)]
    intervals = np.unique(within).size
    if scenario.model.own_clocks:
        return intervals * slice_seconds(scenario)
    passes_s = _PASSES * intervals * scenario.pass_seconds(archive.interval)
    return passes_s + within.size // archive.agents * partial_step_seconds(scenario)


def held_rows(archive: Archive, times: Floats) -> int:
    """Return how many rows are held in memory until all are there: 0 for ascending times."""
    ascending = (times[1:] >= times[:-1]).all()  # a difference may be beyond any float
    return 0 if ascending else times.size * archive.agents


def states_at(archive: Archive, times: Floats, slice_of: Slices) -> Iterator[pa.RecordBatch]:
    """Yield the rows of checked times, as batches of `sim.records.states_schema_of`."""
    if held_rows(archive, times) == 0:
        chunks = _ascending(archive, times, slice_of)
    else:
        chunks = _reordered(archive, times, slice_of)
    scenario = archive.trajectory.scenario
    names, schema = pa.array(scenario.names, pa.string()), states_schema_of(scenario.model)
    for chunk, states in chunks:
        yield _batch(names, schema, chunk, states)


def _reordered(
    archive: Archive, times: Floats, slice_of: Slices
) -> Iterator[tuple[Floats, Floats]]:
    """Yield times in the order given; the states of all are found in ascending order first."""
    order = np.argsort(times, kind="stable")
    found = np.empty((times.size, archive.agents, _columns(archive)))
    at = 0
    for chunk, states in _ascending(archive, times[order], slice_of):
        found[order[at : at + chunk.size]] = states
        at += chunk.size
        yield chunk[:0], states[:0]
    size = max(1, _ROWS // archive.agents)
    for start in range(0, times.size, size):
        part = slice(start, start + size)
        yield times[part], found[part]


def _ascending(
    archive: Archive, times: Floats, slice_of: Slices
) -> Iterator[tuple[Floats, Floats]]:
    """Yield ascending times with float64[times, M, 7], the records that hold them (nan: none)."""
    if not archive.trajectory.scenario.model.own_clocks:
        yield from _by_partial_steps(archive, times)
        return
    size = max(1, _ROWS // archive.agents)
    slices = _Slices(archive, slice_of)
    for start in range(0, times.size, size):
        chunk = times[start : start + size]
        intervals = _intervals(archive, chunk)
        states = np.full((chunk.size, archive.agents, _columns(archive)), np.nan)
        for interval in np.unique(intervals).tolist():
            if interval == archive.intervals:  # beyond the end
                continue
            wanted = intervals == interval
            for a in np.flatnonzero(wanted.any(axis=0)).tolist():
                rows = np.flatnonzero(wanted[:, a])
                states[rows, a] = slices.holding(interval, a, chunk[rows])
            yield chunk[:0], states[:0]
        yield chunk, states


def _by_partial_steps(archive: Archive, times: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield what `_ascending` does, of agents that step together."""
    a_turn = int(_TURN_S / partial_step_seconds(archive.trajectory.scenario))
    size = max(1, min(_ROWS // archive.agents, a_turn))
    steps = PartialSteps(archive)
    for start in range(0, times.size, size):
        chunk = times[start : start + size]
        intervals = _intervals(archive, chunk)[:, 0]
        states = np.empty((chunk.size, archive.agents, _columns(archive)))
        for interval in np.unique(intervals).tolist():
            held = intervals == interval
            states[held] = steps.states(interval, chunk[held])
            yield chunk[:0], states[:0]
        yield chunk, states


def _columns(archive: Archive) -> int:
    """Return how many numbers a record has."""
    return len(archive.trajectory.scenario.model.columns)


def _intervals(archive: Archive, times: Floats) -> Integers:
    """Return int64[times, M]: the interval whose records of an agent hold a time.

    -1 before the start, the number of intervals at and beyond an agent's last clock.
    """
    clocks = archive.clocks
    columns = [
        np.searchsorted(clocks[:, a], times, side="right") - 1 for a in range(archive.agents)
    ]
    return np.stack(columns, axis=1)


class _Slices:
    """The last slices that were made, with the rows of each agent."""

    def __init__(self, archive: Archive, slice_of: Slices) -> None:
        self._archive = archive
        self._slice_of = slice_of
        self._held: dict[int, tuple[Floats, Integers, Integers]] = {}

    def holding(self, interval: int, a: int, times: Floats) -> Floats:
        """Return float64[times, 7]: the agent's records in an interval that hold these times."""
        values, order, starts = self._of(interval)
        rows = order[starts[a] : starts[a + 1]]
        held = rows[np.searchsorted(values[1][rows], times, side="right")]  # t1 > t
        return values[:, held].T

    def _of(self, interval: int) -> tuple[Floats, Integers, Integers]:
        held = self._held.pop(interval, None) or self._made(interval)
        self._held[interval] = held  # the newest last
        if len(self._held) > _HELD_SLICES:
            del self._held[next(iter(self._held))]
        return held

    def _made(self, interval: int) -> tuple[Floats, Integers, Integers]:
        archive = self._archive
        if interval < 0:
            batch = initial_batch(archive.trajectory.scenario, archive.checkpoint(0))
        else:
            batch = self._slice_of(interval)
        agents = batch.column("agent").indices.to_numpy()
        counts = np.bincount(agents, minlength=archive.agents)
        values = np.stack(
            [batch.column(name).to_numpy() for name in archive.trajectory.scenario.model.columns]
        )
        starts = np.concatenate([[0], np.cumsum(counts)])
        return values, np.argsort(agents, kind="stable"), starts


def _batch(names: pa.Array, schema: pa.Schema, times: Floats, states: Floats) -> pa.RecordBatch:
    _, agents, columns_of_record = states.shape
    rows = times.size * agents
    indices = pa.array(np.tile(np.arange(agents, dtype=np.int16), times.size))
    flat = states.reshape(rows, columns_of_record)
    missing = np.isnan(flat[:, 1])  # t1: a clock is a number
    columns = [
        pa.array(np.repeat(times, agents)),
        pa.DictionaryArray.from_arrays(indices, names),
        *(pa.array(np.ascontiguousarray(column), mask=missing) for column in flat.T),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
