"""Finds after how many iterations an order's condition holds, while its trajectory is integrated.

Guarantees:

- The result is exact, and does not depend on how the intervals are divided into stretches.
- Intervals are skipped by what is archived of them: the clocks at their ends, the extremes and the
  signs of the energies in them. Only one that can hold the answer (or, for an escape, one in which
  the energy changes its sign) is integrated once more, iteration by iteration.

It uses what every model has: clocks, distances and energies at the start of each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.cost_model import stretch_intervals
from sim.engine.diagnostics import empty_tally, part_of
from sim.engine.interval_pass import pass_interval
from sim.engine.stretch import Stretch, pass_over
from sim.errors import Failure, PropagationFailed
from sim.order import ESCAPE_STEPS, Until, Within

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from sim.engine.checkpoint import Checkpoint
    from sim.kernel import Floats
    from sim.order import Condition
    from sim.scenario import Trajectory

    Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["Watch"]

_R, _E = 0, 1  # among the elements of a tally
_SERIES_R, _SERIES_E = -3, -2  # among the series of bins, whose last three are the elements
_MIN, _MAX = 0, 1
_WAS_BOUND = 1  # in `Tally.unbound`


class Watch:
    """Watches one trajectory for one condition; intervals are shown to it in order, each once.

    `intervals` is the number of those that it has seen, `steps` the answer as soon as it is known.
    """

    def __init__(self, trajectory: Trajectory, condition: Condition) -> None:
        self.intervals = 0
        self.steps: int | None = None
        self._trajectory = trajectory
        self._condition = condition
        names = trajectory.scenario.names
        self._agent = 0 if isinstance(condition, Until) else names.index(condition.agent)
        self._run = 0  # steps in a row with an energy above 0, up to here

    def see(self, stretch: Stretch) -> int | None:
        """Look at the intervals of a stretch that it has not seen; return the answer, if known.

        Raises ValueError for a stretch with a gap before it.
        """
        if self.steps is not None:
            return self.steps
        if stretch.first > self.intervals:
            raise ValueError(f"The intervals from {self.intervals} on were not shown.")
        for i in range(self.intervals - stretch.first, stretch.count):
            self.intervals += 1
            if self._can_end(stretch, i):
                self.steps = self._scan(stretch.checkpoint(i), self._trajectory.interval)
            if self.steps is not None:
                break
        return self.steps

    def see_part(self, start: Checkpoint, iterations: int) -> int | None:
        """Look at the first iterations of the next interval; return the answer, if known.

        Nothing can be shown after that. Raises PropagationFailed if the trajectory ends there.
        """
        if self.steps is None and iterations > 0:
            self.steps = self._scan(start, iterations)
        return self.steps

    def go_on(self, start: Checkpoint, iterations: int) -> list[Stretch]:
        """Integrate so many more iterations from the next interval's start, and look at them.

        Ends as soon as the answer is known, and returns the complete intervals. Raises
        PropagationFailed if the trajectory ends before, without an answer.
        """
        scenario, interval = self._trajectory.scenario, self._trajectory.interval
        until, made = start.iteration + iterations, list[Stretch]()
        while self.steps is None and start.iteration + interval <= until:
            left = until // interval - self.intervals
            count = min(left, stretch_intervals(scenario, self.intervals))
            made.append(pass_over(self._trajectory, start, count))
            self.see(made[-1])
            start, failure = made[-1].tail, made[-1].failure
            if failure is not None:
                return self._end(start, PropagationFailed(failure), made)
        try:
            self.see_part(start, until - start.iteration)
        except PropagationFailed as ended:
            return self._end(start, ended, made)
        return made

    def _end(
        self, start: Checkpoint, ended: PropagationFailed, made: list[Stretch]
    ) -> list[Stretch]:
        """Look at what there is before the end of the trajectory."""
        if self.see_part(start, ended.failure.iteration - start.iteration) is None:
            raise ended
        return made

    def _can_end(self, stretch: Stretch, i: int) -> bool:
        """Whether an interval has to be scanned; one that has not is taken into account."""
        if isinstance(self._condition, Until):
            return bool(stretch.checkpoint(i + 1).clocks.min() >= self._condition.time)
        tally, a = part_of(stretch.tallies, i), self._agent
        if isinstance(self._condition, Within):
            return bool(tally.extremes[a, _R, _MIN] <= self._condition.distance)
        counts = int(tally.counts[a])
        if not tally.extremes[a, _E, _MAX] > 0.0:  # also where all are nan
            self._run = self._run if counts == 0 else 0
            return False
        if tally.unbound[a, _WAS_BOUND] or self._run + counts >= ESCAPE_STEPS:
            return True
        self._run += counts
        return False

    def _scan(self, start: Checkpoint, iterations: int) -> int | None:
        """Integrate iterations again, and return after which the condition holds, if any."""
        clocks, series = _by_iteration(self._trajectory, start, iterations)
        a = self._agent
        if isinstance(self._condition, Until):
            holds = clocks.min(axis=1) >= self._condition.time
        elif isinstance(self._condition, Within):
            holds = series[:, a, _SERIES_R, _MIN] <= self._condition.distance  # nan: no step
        else:
            holds = self._escapes(np.diff(clocks[:, a], prepend=start.clocks[a]) > 0.0, series)
        at = np.flatnonzero(holds)
        return start.iteration + int(at[0]) + 1 if at.size else None

    def _escapes(self, stepped: Flags, series: Floats) -> Flags:
        """Return where the run of energies above 0 is long enough; go on counting it."""
        at = np.flatnonzero(stepped)
        holds = np.zeros(stepped.size, np.bool_)
        if at.size == 0:
            return holds
        unbound = series[at, self._agent, _SERIES_E, _MIN] > 0.0
        places = np.arange(1, at.size + 1)
        broken = np.maximum.accumulate(np.where(unbound, -self._run, places))
        lengths = np.where(unbound, places - broken, 0)
        self._run = int(lengths[-1])
        holds[at[lengths >= ESCAPE_STEPS]] = True
        return holds


def _by_iteration(
    trajectory: Trajectory, start: Checkpoint, iterations: int
) -> tuple[Floats, Floats]:
    """Return the clocks after each iteration, and the series with a bin for each."""
    agents, coarsest = len(trajectory.scenario.agents), trajectory.interval.bit_length() - 1
    tally = part_of(empty_tally(agents, 1), 0)
    passed = pass_interval(trajectory, start, iterations, 0, coarsest, tally)
    if isinstance(passed, Failure):
        raise PropagationFailed(passed)
    return passed[1].clocks, passed[1].series
