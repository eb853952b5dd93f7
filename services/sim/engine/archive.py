"""The archive of a propagation: its checkpoints and reduced data, found by interval.

Guarantees: what is returned for an interval does not depend on how the intervals are divided into
stretches, which may reach beyond the propagation. A last, partial interval is integrated when the
archive is made.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.engine.checkpoint import initial_checkpoint
from sim.engine.diagnostics import empty_tally, joined_tallies, part_of
from sim.engine.downsampling import Path
from sim.engine.interval_pass import pass_interval
from sim.engine.system_diagnostics import masses_of, system_samples
from sim.errors import Failure, PropagationFailed
from sim.intervals import PATH_BITS, SERIES_BITS, coarsest_level, level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.checkpoint import Checkpoint
    from sim.engine.downsampling import Bins
    from sim.engine.stretch import Stretch
    from sim.kernel import Floats, Tally
    from sim.scenario import Trajectory

__all__ = ["Archive"]

OBJECTS_BYTES: Final = 6_144  # of the objects around the arrays, however short it is
PARSED: Final = 5  # a scenario in memory, by the length of its canonical JSON


class _PartialInterval(NamedTuple):
    """The reduced data of the last interval, where the propagation ends within it."""

    end: Checkpoint
    bins: Bins
    path: Path
    tallies: Tally
    system: Path

    @property
    def nbytes(self) -> int:
        """The size of its arrays, in bytes."""
        end, bins = self.end, self.bins
        arrays = (
            end.steps,
            end.records,
            end.carry,
            bins.series,
            bins.clocks,
            self.path.states,
            self.system.states,
            *self.tallies,
        )
        return sum(array.nbytes for array in arrays)


class Archive:
    """Checkpoints, downsampled series and paths, and diagnostics of the first `steps` iterations.

    `complete` is the number of complete intervals, `intervals` the number with a last, partial
    one; `end` is the checkpoint after the last iteration.
    """

    def __init__(
        self,
        trajectory: Trajectory,
        steps: int,
        stretches: Sequence[Stretch],
        least_level: int = 0,
    ) -> None:
        """Take the stretches that reach the last complete interval, and the level of the rest."""
        self.trajectory = trajectory
        self.steps = steps
        self.least_level = least_level
        self.stretches = tuple(stretches)
        self.agents = len(trajectory.scenario.agents)
        self.interval = trajectory.interval
        self.complete, rest = divmod(steps, self.interval)
        self.intervals = trajectory.intervals_for(steps)
        self._partial = self._pass_partial(rest) if rest else None
        self.end = self.checkpoint(self.complete) if self._partial is None else self._partial.end

    def _pass_partial(self, iterations: int) -> _PartialInterval:
        """Integrate the beginning of the last interval, at the levels of the propagation."""
        series_level, path_level = (
            min(level(self.steps, bits), coarsest_level(self.interval, bits))
            for bits in (SERIES_BITS, PATH_BITS)
        )
        tallies = empty_tally(self.agents, 1)
        start = self.checkpoint(self.complete)
        passed = pass_interval(
            self.trajectory, start, iterations, series_level, path_level, part_of(tallies, 0)
        )
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)
        end, bins, path = passed
        rows = system_samples(masses_of(self.trajectory.scenario), path.states)
        bins = bins.coarser(self._at_least(SERIES_BITS))
        path = path.coarser(self._at_least(PATH_BITS))
        return _PartialInterval(end, bins, path, tallies, Path(path_level, rows[:, np.newaxis]))

    def _at_least(self, bits: int) -> int:
        return min(self.least_level, coarsest_level(self.interval, bits))

    @property
    def nbytes(self) -> int:
        """The approximate size of all that it holds in memory, in bytes."""
        own = OBJECTS_BYTES + PARSED * len(self.trajectory.scenario.canonical)
        clocks = (self.intervals + 1) * self.end.clocks.nbytes
        partial = 0 if self._partial is None else self._partial.nbytes
        return own + clocks + partial + sum(stretch.nbytes for stretch in self.stretches)

    def checkpoint(self, interval: int) -> Checkpoint:
        """Return the checkpoint at the start of an interval, at most that of `complete`."""
        for stretch in self.stretches:
            if stretch.first <= interval <= stretch.first + stretch.count:
                return stretch.checkpoint(interval - stretch.first)
        return initial_checkpoint(self.trajectory.dispersed)

    def end_of(self, interval: int) -> Checkpoint:
        """Return the checkpoint at the end of an interval, which may be the partial one."""
        return self.checkpoint(interval + 1) if interval < self.complete else self.end

    def iterations_of(self, interval: int) -> int:
        """Return how many iterations of an interval belong to the propagation."""
        return min(self.interval, self.steps - interval * self.interval)

    @functools.cached_property
    def clocks(self) -> Floats:
        """The agents' clocks at the start of each interval and at the end, float64[J + 1, M]."""
        parts = [s.rings[: min(s.count, self.complete - s.first), :, 0, 1] for s in self.stretches]
        last = [self.checkpoint(self.complete).clocks] if self._partial else []
        return np.vstack([*parts, *last, self.end.clocks])

    def overlapping(self, t0: float, t1: float) -> range:
        """Return the intervals that can hold records of the window [t0, t1]; at least one."""
        ends, starts = self.clocks[1:].max(axis=1), self.clocks[:-1].min(axis=1)
        first = min(int(np.searchsorted(ends, t0, side="left")), self.intervals - 1)
        stop = int(np.searchsorted(starts, t1, side="right"))
        return range(first, max(stop, first + 1))

    def bins(self, intervals: range) -> list[Bins]:
        """Return the series of these intervals, in consecutive parts of one level each."""
        bins = [b for s in self.stretches for b in s.bins(*self._within(s, intervals))]
        if self._partial is not None and intervals.stop > self.complete:
            bins.append(self._partial.bins)
        return bins

    def paths(self, intervals: range) -> list[Path]:
        """Return the path through these intervals, in consecutive parts of one level each."""
        paths = [p for s in self.stretches for p in s.paths(*self._within(s, intervals))]
        if self._partial is not None and intervals.stop > self.complete:
            paths.append(self._partial.path)
        return paths

    def system_samples(self) -> list[Path]:
        """Return the whole system at all samples as archived, in parts of one level each."""
        whole = range(self.intervals)
        paths = [p for s in self.stretches for p in s.system_samples(*self._within(s, whole))]
        return paths if self._partial is None else [*paths, self._partial.system]

    def tallies(self) -> Tally:
        """Return the diagnostics of all intervals."""
        parts = [
            part_of(stretch.tallies, slice(self.complete - stretch.first))
            for stretch in self.stretches
        ]
        return joined_tallies([*parts, self._partial.tallies] if self._partial else parts)

    def _within(self, stretch: Stretch, intervals: range) -> tuple[int, int]:
        """Return the range of a stretch's own intervals that are among these: start and stop."""
        stop = min(stretch.first + stretch.count, intervals.stop, self.complete) - stretch.first
        start = max(0, intervals.start - stretch.first)
        return start, max(start, stop)
