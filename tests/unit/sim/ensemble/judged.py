"""A member by the reference in plain Python: its end, and what is followed of its agents.

Nothing here comes from the engine or from the lanes: records are the reference's, and distances and
energies at the start of each step are computed here, as an agent reads its primary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import FailureReason, PropagationFailed
from sim.reference import initial_records, iterations

if TYPE_CHECKING:
    from sim.models.model import AnyState, Record, Scenario
    from sim.scenario import PropagationRequest

Numbers = tuple[float, ...]


@dataclass
class Followed:
    """What is known of an agent about its primary, at the starts of its steps so far."""

    closest: float = math.inf
    closest_at: int = -1
    escape_at: int = -1
    escape_time: float = math.nan

    def see(self, iteration: int, time: float, distance: float, energy: float) -> None:
        if distance < self.closest or (self.closest_at < 0 and not math.isnan(distance)):
            self.closest, self.closest_at = distance, iteration
        if not energy > 0.0:
            self.escape_at, self.escape_time = -1, math.nan
        elif self.escape_at < 0:
            self.escape_at, self.escape_time = iteration, time


@dataclass
class Judged:
    """A member after so many iterations, or at its end before."""

    states: list[AnyState]
    steps: list[int]
    good: int
    reason: FailureReason | None
    followed: dict[int, Followed] = field(default_factory=dict)  # by analysed agent


def judge(request: PropagationRequest, member: int) -> Judged:
    trajectory = request.trajectory.of_member(member)
    scenario = trajectory.dispersed
    records: list[list[Record]] = [[] for _ in scenario.agents]
    for record in initial_records(scenario):
        records[record.agent].append(record)
    followed = {a: Followed() for a in request.analysed}
    going = iterations(scenario, trajectory.seed, member)
    reason, good = None, 0
    for iteration in range(request.steps):
        try:
            new = next(going)
        except PropagationFailed as failed:
            reason = failed.failure.reason
            break
        for record in new:
            if record.agent in followed:
                distance, energy = _seen(scenario, records, record.agent)
                followed[record.agent].see(iteration, record.t0, distance, energy)
            if scenario.model.own_clocks:  # who comes later in an iteration reads this record
                records[record.agent].append(record)
        if not scenario.model.own_clocks:
            for record in new:
                records[record.agent] = [record]
        good += 1
    newest = [own[-1].state for own in records]
    steps = [good] * len(records)
    if scenario.model.own_clocks:
        steps = [len(own) - 1 for own in records]
    return Judged(newest, steps, good, reason, followed)


def _seen(scenario: Scenario, records: list[list[Record]], a: int) -> tuple[float, float]:
    """Return distance and specific energy as agent a, at its newest state, reads its primary."""
    own, about = _numbers(records[a][-1].state), _about(scenario, records, a)
    apart = [mine - other for mine, other in zip(own, about, strict=True)]
    half = len(apart) // 2
    distance, square = (math.sqrt(_square(apart[:half])), _square(apart[half:]))
    with np.errstate(all="ignore"):
        potential = float(np.float64(scenario.gravity[a]) / np.float64(distance))
    return distance, 0.5 * square - potential


def _square(vector: list[float]) -> float:
    square = vector[0] * vector[0] + vector[1] * vector[1]
    return square if len(vector) == 2 else square + vector[2] * vector[2]


def _numbers(state: AnyState) -> Numbers:
    numbers = list(state.to_json().values())
    return tuple(numbers[2:])  # without the time and the time step


def _about(scenario: Scenario, records: list[list[Record]], a: int) -> Numbers:
    """Return position and velocity of what an agent orbits, as it reads them."""
    primary = scenario.primaries[a]
    if primary is None:
        mass, moments = 0.0, [0.0] * 6
        for b in scenario.massive:
            if b != a:
                mu = scenario.agents[b].mu
                mass += mu
                of_b = _numbers(records[b][-1].state)
                moments = [sum_ + mu * own for sum_, own in zip(moments, of_b, strict=True)]
        return tuple(moment / mass for moment in moments)
    if not scenario.model.own_clocks:
        return _numbers(records[primary][-1].state)
    q = records[a][-1].t1 - scenario.epsilon  # type: ignore[attr-defined] # it is nano's
    (read,) = [record for record in records[primary] if record.t0 <= q < record.t1]
    return _numbers(read.state)
