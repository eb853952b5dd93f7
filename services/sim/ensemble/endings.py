"""The exact end of a member that has ended: its state after its last good iteration.

Lanes freeze such a member, and don't keep what it was; it is integrated once more on its own, by
the loop for one trajectory, up to its last good iteration.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.engine.checkpoint import Checkpoint
from sim.engine.diagnostics import (
    empty_tally,
    joined_tallies,
    last_run_above_zero,
    part_of,
)
from sim.engine.interval_pass import pass_interval
from sim.ensemble.members import NEVER, initial_members
from sim.errors import Failure, IntegrityError
from sim.intervals import PATH_BITS, SERIES_BITS, coarsest_level

if TYPE_CHECKING:
    from sim.kernel import Floats, Integers, Tally
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest, Trajectory

__all__ = ["recompute_ended"]

_DISTANCE: Final = 0  # among the elements of a tally


def recompute_ended(request: PropagationRequest, members: Members, which: Integers) -> None:
    """Write the state of members that have ended, by their places, after their last iteration."""
    for i in which.tolist():
        number, good = int(members.number[i]), int(members.good[i])
        start = initial_members(request, number, 1)
        checkpoint = Checkpoint(0, start.steps[:, 0], start.ring[..., 0], start.carry[:, 0])
        trajectory = request.trajectory.of_member(number)
        _write(_Recomputed(trajectory, checkpoint, good), request.analysed, members, i)


class _Recomputed:
    """The first iterations of one trajectory: checkpoints, and diagnostics by interval."""

    def __init__(self, trajectory: Trajectory, start: Checkpoint, iterations: int) -> None:
        self._trajectory = trajectory
        self.end = start
        self._starts = list[Checkpoint]()
        agents, tallies = len(trajectory.scenario.agents), []
        while self.end.iteration < iterations:
            self._starts.append(self.end)
            tally = empty_tally(agents, 1)
            size = min(trajectory.interval, iterations - self.end.iteration)
            self.end = self._pass(self.end, size, part_of(tally, 0))
            tallies.append(tally)
        self.tallies = joined_tallies(tallies) if tallies else empty_tally(agents, 0)

    def _pass(self, start: Checkpoint, iterations: int, tally: Tally) -> Checkpoint:
        interval = self._trajectory.interval
        passed = pass_interval(
            self._trajectory,
            start,
            iterations,
            coarsest_level(interval, SERIES_BITS),
            coarsest_level(interval, PATH_BITS),
            tally,
        )
        if isinstance(passed, Failure):
            raise IntegrityError("a member ends before the iteration at which it was said to end")
        return passed[0]

    def clocks_after(self, iterations: int) -> Floats:
        """Return the agents' clocks after so many iterations, fewer than all."""
        start = self._starts[iterations // self._trajectory.interval]
        rest = iterations - start.iteration
        if rest == 0:
            return start.clocks
        tally = part_of(empty_tally(len(start.steps), 1), 0)
        return self._pass(start, rest, tally).clocks


def _write(one: _Recomputed, analysed: tuple[int, ...], members: Members, i: int) -> None:
    members.steps[:, i], members.carry[:, i] = one.end.steps, one.end.carry
    members.ring[..., i] = one.end.records
    for j, a in enumerate(analysed):
        members.closest[j, i], members.closest_at[j, i] = _closest(one.tallies, a)
        since = last_run_above_zero(one.tallies, a)
        members.escape_at[j, i] = NEVER if since is None else since
        members.escape_time[j, i] = math.nan if since is None else one.clocks_after(since)[a]


def _closest(tallies: Tally, a: int) -> tuple[float, int]:
    """Return an agent's least distance, and the first iteration that has it."""
    least = tallies.extremes[:, a, _DISTANCE, 0]
    if np.isnan(least).all():
        return math.inf, NEVER
    at = int(np.nanargmin(least))
    return float(least[at]), int(tallies.when[at, a, _DISTANCE, 0])
