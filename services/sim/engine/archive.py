"""What is kept of n iterations, interval by interval, whatever stretches it lies in.

Guarantees: what is said of an interval doesn't depend on the stretches, which may reach beyond n.
The last interval, if n ends within it, is passed over when this is made.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.checkpoint import initial_checkpoint
from sim.engine.diagnostics import empty_tally, joined_tallies, part_of
from sim.engine.stretch import pass_interval
from sim.errors import Failure, PropagationFailed
from sim.intervals import PATH_BITS, SERIES_BITS, coarsest_kept, level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.checkpoint import Checkpoint
    from sim.engine.downsampling import Bins, Path
    from sim.engine.kernel import Floats, Tally
    from sim.engine.stretch import Stretch
    from sim.scenario import Trajectory

__all__ = ["Archive"]


class Archive:
    """Checkpoints, overview and diagnostics of the first `steps` iterations.

    `complete` is how many complete intervals there are, `intervals` how many with the last;
    `end` the checkpoint after the last iteration.
    """

    def __init__(self, trajectory: Trajectory, steps: int, stretches: Sequence[Stretch]) -> None:
        """Take the stretches that reach to the last complete interval."""
        self.trajectory = trajectory
        self.steps = steps
        self.stretches = tuple(stretches)
        self.agents = len(trajectory.scenario.agents)
        self.interval = trajectory.interval
        self.complete, left = divmod(steps, self.interval)
        self.intervals = self.complete + (left > 0)
        self.end = self.checkpoint(self.complete)
        self._rest: tuple[Bins, Path, Tally] | None = None
        if left:
            self.end, *rest = self._passed_rest(left)
            self._rest = (*rest,)  # type: ignore[assignment]

    def _passed_rest(self, iterations: int) -> tuple[Checkpoint, Bins, Path, Tally]:
        """Pass over the beginning of the last interval, at the levels of the whole."""
        series_level, path_level = (
            min(level(self.steps, bits), coarsest_kept(self.agents, bits))
            for bits in (SERIES_BITS, PATH_BITS)
        )
        tallies = empty_tally(self.agents, 1)
        passed = pass_interval(
            self.trajectory, self.end, iterations, series_level, path_level, part_of(tallies, 0)
        )
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)
        return (*passed, tallies)

    @property
    def nbytes(self) -> int:
        """About how much memory it holds, in bytes."""
        return sum(stretch.nbytes for stretch in self.stretches)

    def checkpoint(self, interval: int) -> Checkpoint:
        """Return the checkpoint at the start of an interval, of `complete` at the most."""
        for stretch in self.stretches:
            if stretch.first <= interval <= stretch.first + stretch.count:
                return stretch.checkpoint(interval - stretch.first)
        return initial_checkpoint(self.trajectory.scenario)

    def end_of(self, interval: int) -> Checkpoint:
        """Return the checkpoint at the end of an interval, the last perhaps partial."""
        return self.checkpoint(interval + 1) if interval < self.complete else self.end

    def iterations_of(self, interval: int) -> int:
        """Return how many iterations there are of an interval."""
        return min(self.interval, self.steps - interval * self.interval)

    @functools.cached_property
    def clocks(self) -> Floats:
        """The agents' clocks at the start of each interval and at the end, float64[J + 1, M]."""
        parts = [s.rings[: min(s.count, self.complete - s.first), :, 0, 1] for s in self.stretches]
        last = [self.checkpoint(self.complete).clocks] if self._rest else []
        return np.vstack([*parts, *last, self.end.clocks])

    def overlapping(self, t0: float, t1: float) -> range:
        """Return the intervals that can hold records of the window [t0, t1]; at least one."""
        ends, starts = self.clocks[1:].max(axis=1), self.clocks[:-1].min(axis=1)
        first = min(int(np.searchsorted(ends, t0, side="left")), self.intervals - 1)
        stop = int(np.searchsorted(starts, t1, side="right"))
        return range(first, max(stop, first + 1))

    def bins(self, intervals: range) -> list[Bins]:
        """Return the series of these intervals, in pieces of one level."""
        bins = [b for s in self.stretches for b in s.bins(*self._part(s, intervals))]
        return [*bins, self._rest[0]] if self._rest and intervals.stop > self.complete else bins

    def paths(self, intervals: range) -> list[Path]:
        """Return the path through these intervals, in pieces of one level."""
        paths = [p for s in self.stretches for p in s.paths(*self._part(s, intervals))]
        return [*paths, self._rest[1]] if self._rest and intervals.stop > self.complete else paths

    def tallies(self) -> Tally:
        """Return the diagnostics of all intervals."""
        parts = [
            part_of(stretch.tallies, slice(self.complete - stretch.first))
            for stretch in self.stretches
        ]
        return joined_tallies([*parts, self._rest[2]] if self._rest else parts)

    def _part(self, stretch: Stretch, intervals: range) -> tuple[int, int]:
        """Return which of a stretch's intervals are among these (start and stop, within it)."""
        stop = min(stretch.first + stretch.count, intervals.stop, self.complete) - stretch.first
        start = max(0, intervals.start - stretch.first)
        return start, max(start, stop)
