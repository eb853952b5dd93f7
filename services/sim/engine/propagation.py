"""A propagation: opened from its stretches, and all that can be asked of it.

Guarantees:

- A propagation of n iterations has the same bits whatever stretches it was opened from: none,
  those of n, or those of a longer run, computed here or elsewhere.
- Records are not kept: `slices` remakes an interval's from its checkpoint, and yields it only if
  it ends in the next one.
- Opening holds the overview and the checkpoints, not the records: some megabytes for 10**8.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.checkpoint import Checkpoint, initial_checkpoint
from sim.engine.diagnostics import empty_tally, joined_tallies, part_of, statistics
from sim.engine.overview import Bins, Path, joined, joined_path
from sim.engine.slices import (
    SliceCache,
    initial_batch,
    make_slice,
    slice_from_bytes,
)
from sim.engine.stretch import Stretch, pass_interval, pass_over
from sim.engine.view import Frame, Overview, draw
from sim.errors import Failure, IntegrityError, PropagationFailed
from sim.model import NANO, Trajectory
from sim.plan import stretch_intervals
from sim.schedule import PATH_BITS, SERIES_BITS, interval_iterations, level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sim.engine.kernel import Floats, Tally
    from sim.model import State

__all__ = ["Propagation", "warm"]

_REMADE_INTERVALS = 32  # a window of so many is passed over again where that shows more: 60 ms
_SAMPLES_PER_PIXEL = 4  # of the path: an orbit goes to and fro on the page


class Propagation:
    """The first `steps` iterations of a trajectory, opened from its stretches.

    >>> propagation = Propagation.open(Trajectory(), steps=500)
    >>> propagation.records, propagation.records_by_agent
    (805, {'Planet': 406, 'Satellite': 399})
    """

    def __init__(self, trajectory: Trajectory, steps: int, stretches: Sequence[Stretch]) -> None:
        """Take the stretches that reach to the last complete interval; see `open`."""
        self.trajectory = trajectory
        self.steps = steps
        self.stretches = tuple(stretches)
        scenario = trajectory.scenario
        self._agents = len(scenario.agents)
        self._interval = interval_iterations(self._agents)
        self._complete, left = divmod(steps, self._interval)
        self._end = self._checkpoint(self._complete)
        self._rest: tuple[Bins, Path, Tally] | None = None
        if left:
            self._end, *rest = self._passed(self._complete, left, *self._levels())
            self._rest = (*rest,)  # type: ignore[assignment]

    @classmethod
    def open(
        cls, trajectory: Trajectory, steps: int, stretches: Sequence[Stretch] = ()
    ) -> Propagation:
        """Open n iterations from stretches that follow one another, and pass over what they lack.

        Raises PropagationFailed if the trajectory ends before, IntegrityError for stretches of
        another trajectory or with a gap between them.
        """
        if steps < 1:
            raise ValueError("A propagation has at least one step.")
        interval = interval_iterations(len(trajectory.scenario.agents))
        complete = steps // interval
        taken = _following(trajectory, [s for s in stretches if s.first < max(1, complete)])
        start = taken[-1].tail if taken else initial_checkpoint(trajectory.scenario)
        while (reached := start.iteration // interval) < complete:
            if taken and taken[-1].failure is not None:
                raise PropagationFailed(taken[-1].failure)
            most = stretch_intervals(trajectory.scenario)
            taken.append(pass_over(trajectory, start, min(complete - reached, most)))
            start = taken[-1].tail
        return cls(trajectory, steps, taken)

    @property
    def end(self) -> dict[str, State]:
        """Each agent's state after the last iteration, by name."""
        return self._end.states(self.trajectory.scenario)

    @property
    def records_by_agent(self) -> dict[str, int]:
        """How many records each agent has, by name, with the initial one."""
        names = self.trajectory.scenario.names
        return dict(zip(names, (self._end.steps + 1).tolist(), strict=True))

    @property
    def records(self) -> int:
        """How many records there are, with the initial ones."""
        return int((self._end.steps + 1).sum())

    @property
    def nbytes(self) -> int:
        """About how much memory it holds, in bytes."""
        return sum(stretch.nbytes for stretch in self.stretches)

    @functools.cached_property
    def checkpoints_checksum(self) -> str:
        """SHA-256 of the checkpoints at each interval's start and of the end."""
        digest = hashlib.sha256()
        for interval in range(self._complete + 1):
            digest.update(self._checkpoint(interval).to_bytes())
        digest.update(self._end.to_bytes())
        return digest.hexdigest()

    def statistics(self) -> dict[str, object]:
        """Return what the orbits were like, by name of each agent that has a primary."""
        parts = [
            part_of(stretch.tallies, slice(self._complete - stretch.first))
            for stretch in self.stretches
        ]
        parts += [self._rest[2]] if self._rest else []
        return statistics(self.trajectory.scenario, joined_tallies(parts))

    def summary(self) -> dict[str, object]:
        """Return what a manifest says of the result."""
        return {
            "steps": self.steps,
            "records": self.records,
            "records_by_agent": self.records_by_agent,
            "intervals": self._complete,
            "checkpoints_checksum": self.checkpoints_checksum,
            "end": {name: state.to_json() for name, state in self.end.items()},
            "statistics": self.statistics(),
        }

    def slices(
        self, t0: float = -math.inf, t1: float = math.inf, cache: SliceCache | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the records that overlap [t0, t1] in the order of computation, by interval.

        The initial records come first where the window reaches before time 0. A cached slice
        is taken if it is intact, and remade from its checkpoint otherwise.
        """
        if t0 < 0.0:
            yield initial_batch(self.trajectory.scenario, self._checkpoint(0))
        for interval in self._overlapping(t0, t1):
            batch = _within(self._slice(interval, cache), t0, t1)
            if batch.num_rows:
                yield batch

    def overview(
        self,
        t0: float | None = None,
        t1: float | None = None,
        pixels: int = 1600,
        frame: Frame = "inertial",
        *,
        agents: int | None = None,
    ) -> Overview:
        """Return what is drawn of a window (None: all of it) on so many pixels.

        Of the first `agents` only, if that is given: a thousand are more than can be drawn.

        From what is kept; or, for a window of some intervals that deserves a closer look, by
        passing over them once more.
        """
        clocks = self._clocks
        low = 0.0 if t0 is None else t0
        high = float(clocks[-1].max()) if t1 is None else t1
        intervals = self._overlapping(low, high)
        series_level, path_level = self._levels_for(intervals, low, high, pixels)
        if len(intervals) <= _REMADE_INTERVALS and self._kept_level(intervals) > series_level:
            bins, path = self._remade(intervals, series_level, path_level)
        else:
            bins, path = self._kept(intervals, series_level, path_level)
        path = self._with_ends(path, intervals)
        if (t0, t1) != (None, None):
            bins, path = _in_window(bins, path, clocks[intervals.start], low, high)
        return draw(self.trajectory.scenario, (low, high), frame, bins, path, agents)

    # Intervals: where they start, what is in them.

    def _checkpoint(self, interval: int) -> Checkpoint:
        """Return the checkpoint at the start of an interval, of `_complete` at the most."""
        for stretch in self.stretches:
            if stretch.first <= interval <= stretch.first + stretch.count:
                return stretch.checkpoint(interval - stretch.first)
        return initial_checkpoint(self.trajectory.scenario)

    def _end_of(self, interval: int) -> Checkpoint:
        return self._checkpoint(interval + 1) if interval < self._complete else self._end

    @functools.cached_property
    def _clocks(self) -> Floats:
        """The agents' clocks at the start of each interval and at the end, float64[J + 1, M]."""
        parts = [s.rings[: min(s.count, self._complete - s.first), :, 0, 1] for s in self.stretches]
        last = [self._checkpoint(self._complete).clocks] if self._rest else []
        return np.vstack([*parts, *last, self._end.clocks])

    def _overlapping(self, t0: float, t1: float) -> range:
        """Return the intervals that can hold records of the window [t0, t1]; at least one."""
        intervals = len(self._clocks) - 1
        ends, starts = self._clocks[1:].max(axis=1), self._clocks[:-1].min(axis=1)
        first = min(int(np.searchsorted(ends, t0, side="left")), intervals - 1)
        stop = int(np.searchsorted(starts, t1, side="right"))
        return range(first, max(stop, first + 1))

    def _iterations_of(self, interval: int) -> int:
        return min(self._interval, self.steps - interval * self._interval)

    def _slice(self, interval: int, cache: SliceCache | None) -> pa.RecordBatch:
        start, end = self._checkpoint(interval), self._end_of(interval)
        data = cache.get(interval) if cache is not None and interval < self._complete else None
        if data is not None:
            with contextlib.suppress(IntegrityError):
                return slice_from_bytes(self.trajectory, interval, data)
        return make_slice(self.trajectory, start, self._iterations_of(interval), end)

    def _passed(
        self, interval: int, iterations: int, series_level: int, path_level: int
    ) -> tuple[Checkpoint, Bins, Path, Tally]:
        """Pass over an interval, or the beginning of it, at levels of one's own choice."""
        tallies = empty_tally(self._agents, 1)
        tally = part_of(tallies, 0)
        start = self._checkpoint(interval)
        passed = pass_interval(self.trajectory, start, iterations, series_level, path_level, tally)
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)
        return (*passed, tallies)

    # Levels: which there are, which are wanted, and how to get them.

    @property
    def _finest_common(self) -> int:
        """The level of a whole interval, the coarsest that it can be passed over at."""
        return self._interval.bit_length() - 1

    def _levels(self) -> tuple[int, int]:
        """Return the levels of the series and of the path for the whole of it."""
        series, path = (level(self.steps, bits) for bits in (SERIES_BITS, PATH_BITS))
        return min(series, self._finest_common), min(path, self._finest_common)

    def _levels_for(self, intervals: range, t0: float, t1: float, pixels: int) -> tuple[int, int]:
        """Return the levels that so many pixels ask for, of series and path."""
        start, end = self._clocks[intervals.start].mean(), self._clocks[intervals.stop].mean()
        shown = (min(t1, end) - max(t0, start)) / (end - start)
        first, stop = intervals.start * self._interval, intervals.stop * self._interval
        iterations = max(1, math.ceil((min(stop, self.steps) - first) * min(1.0, max(0.0, shown))))
        series = math.ceil(math.log2(max(1.0, iterations / pixels)))
        samples = min(1 << PATH_BITS, pixels * _SAMPLES_PER_PIXEL)
        return series, math.ceil(math.log2(max(1.0, iterations / samples)))

    def _kept_level(self, intervals: range) -> int:
        """Return the coarsest level of the series that these intervals have kept."""
        return max(bins.level for bins in self._kept_bins(intervals))

    def _kept_bins(self, intervals: range) -> list[Bins]:
        bins = [b for s in self.stretches for b in s.bins(*_part(s, intervals, self._complete))]
        return [*bins, self._rest[0]] if self._rest and intervals.stop > self._complete else bins

    def _kept_paths(self, intervals: range) -> list[Path]:
        paths = [p for s in self.stretches for p in s.paths(*_part(s, intervals, self._complete))]
        return [*paths, self._rest[1]] if self._rest and intervals.stop > self._complete else paths

    def _kept(self, intervals: range, series_level: int, path_level: int) -> tuple[Bins, Path]:
        """Return what is kept, at the levels wanted or the finest that all have."""
        bins, paths = self._kept_bins(intervals), self._kept_paths(intervals)
        series_level = max(
            series_level, *(b.level for b in bins), self._aligned(intervals, SERIES_BITS)
        )
        path_level = max(path_level, *(p.level for p in paths), self._aligned(intervals, PATH_BITS))
        return joined(bins, series_level), joined_path(paths, path_level)

    def _aligned(self, intervals: range, bits: int) -> int:
        """Return the level for the whole, whose bins may be longer than an interval."""
        return level(self.steps, bits) if intervals == range(len(self._clocks) - 1) else 0

    def _remade(self, intervals: range, series_level: int, path_level: int) -> tuple[Bins, Path]:
        """Pass over the intervals once more, at finer levels than are kept."""
        series_level = min(series_level, self._finest_common)
        path_level = min(path_level, self._finest_common)
        passed = [
            self._passed(j, self._iterations_of(j), series_level, path_level) for j in intervals
        ]
        bins = joined([each[1] for each in passed], series_level)
        return bins, joined_path([each[2] for each in passed], path_level)

    def _with_ends(self, path: Path, intervals: range) -> Path:
        """Add the state that the window's intervals start from, and the last."""
        ends = (self._checkpoint(intervals.start), self._end_of(intervals.stop - 1))
        start, end = (checkpoint.records[None, :, 0, 1:] for checkpoint in ends)
        if len(path.states) and (path.states[-1] == end[0]).all():
            end = end[:0]
        return Path(path.level, np.concatenate([start, path.states, end]))


def _following(trajectory: Trajectory, stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches if each starts where the one before it ends, the first at 0."""
    end = initial_checkpoint(trajectory.scenario)
    for stretch in stretches:
        if stretch.trajectory != trajectory:
            raise IntegrityError("a stretch belongs to another trajectory")
        if stretch.checkpoint(0) != end:
            raise IntegrityError(f"the stretch from interval {stretch.first} does not follow")
        end = stretch.tail
    return stretches


def _part(stretch: Stretch, intervals: range, complete: int) -> tuple[int, int]:
    """Return which of a stretch's intervals are among these (start and stop, within it)."""
    stop = min(stretch.first + stretch.count, intervals.stop, complete) - stretch.first
    start = max(0, intervals.start - stretch.first)
    return start, max(start, stop)


def _within(batch: pa.RecordBatch, t0: float, t1: float) -> pa.RecordBatch:
    """Return the records [t0, t1) of a batch that overlap the window [t0, t1]."""
    starts, ends = batch.column("t0").to_numpy(), batch.column("t1").to_numpy()
    overlap = (ends > t0) & (starts <= t1)
    return batch if overlap.all() else batch.filter(overlap)


def _in_window(bins: Bins, path: Path, start: Floats, t0: float, t1: float) -> tuple[Bins, Path]:
    """Cut to the window, and what lies next to it, so that lines run on to its edges."""
    begins = np.vstack([start, bins.clocks[:-1]]).min(axis=1)
    shown = np.flatnonzero((bins.clocks.max(axis=1) >= t0) & (begins <= t1))
    cut = slice(shown[0], shown[-1] + 1) if len(shown) else slice(0)
    times = path.states[:, :, 0]
    first = max(0, int(np.searchsorted(times.max(axis=1), t0)) - 1)
    stop = int(np.searchsorted(times.min(axis=1), t1, side="right")) + 1
    return Bins(bins.level, bins.series[cut], bins.clocks[cut]), Path(
        path.level, path.states[first:stop]
    )


def warm() -> None:
    """Load (or compile, once for a machine) every kernel, so that no request waits for it."""
    propagation = Propagation.open(Trajectory(NANO), steps=1)
    for _ in propagation.slices():
        pass
