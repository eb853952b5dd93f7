"""Blocks of members for the tests of the lanes, and what single trajectories say of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engine import initial_checkpoint
from sim.engine.propagation import Propagation
from sim.errors import FailureReason, PropagationFailed
from sim.jit import compiled
from sim.kernel import COLLISION, DIVERGENCE, OK, STANDSTILL
from sim.kernel.lanes import (
    LaneSystem,
    Members,
    advance_lanes,
    close_lanes,
    open_lanes,
)
from sim.models.nano.reference import iterations
from sim.scenario import Trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel import Integers
    from sim.scenario import NanoScenario

OUTCOMES = {
    FailureReason.COLLISION: COLLISION,
    FailureReason.DIVERGENCE: DIVERGENCE,
    FailureReason.STANDSTILL: STANDSTILL,
}


class Member(NamedTuple):
    """What is known of a member after so many iterations; of one that has ended, less."""

    outcome: int
    good: int
    steps: list[int] | None = None
    ring: bytes | None = None
    followed: tuple[tuple[float, int, int, float], ...] = ()  # closest, at, escape, its time


@compiled
def _advance_block(system: LaneSystem, members: Members, first: int, cuts: Integers) -> None:
    for start in range(0, members.number.size, system.lanes):
        buffers = open_lanes(system, members, start)
        at = first
        for count in cuts:
            advance_lanes(system, buffers, at, count)
            at += count
        close_lanes(system, buffers, members, start)


def advance_block(system: LaneSystem, members: Members, first: int, cuts: Sequence[int]) -> None:
    """Advance a block by so many iterations, in calls of so many each."""
    _advance_block(system, members, first, np.array(cuts, np.int64))


def open_block(
    scenarios: Sequence[NanoScenario], numbers: Sequence[int], analysed: Sequence[int]
) -> Members:
    """Return members at their start, each with a scenario of its own."""
    starts = [initial_checkpoint(scenario) for scenario in scenarios]
    shape = (len(analysed), len(numbers))
    return Members(
        number=np.array(numbers, np.uint64),
        steps=np.ascontiguousarray(np.stack([start.steps for start in starts], axis=-1)),
        ring=np.ascontiguousarray(np.stack([start.records for start in starts], axis=-1)),
        carry=np.empty((0, len(numbers))),
        outcome=np.zeros(len(numbers), np.int64),
        good=np.zeros(len(numbers), np.int64),
        closest=np.full(shape, np.inf),
        closest_at=np.full(shape, -1),
        escape_at=np.full(shape, -1),
        escape_time=np.full(shape, np.nan),
    )


def in_block(members: Members, m: int) -> Member:
    """Return what a block says of its m-th member."""
    outcome, good = int(members.outcome[m]), int(members.good[m])
    if outcome != OK:
        return Member(outcome, good)
    return Member(
        OK,
        good,
        members.steps[:, m].tolist(),
        members.ring[..., m].tobytes(),
        tuple(
            (
                float(members.closest[j, m]),
                int(members.closest_at[j, m]),
                int(members.escape_at[j, m]),
                float(np.nan_to_num(members.escape_time[j, m], nan=-1.0)),
            )
            for j in range(len(members.closest))
        ),
    )


def by_engine(
    scenario: NanoScenario, seed: int, number: int, analysed: Sequence[int], n: int
) -> Member:
    """Return what the engine of single trajectories says of a member."""
    try:
        propagation = Propagation.open(Trajectory(scenario, seed, number), n)
    except PropagationFailed as failed:
        return Member(OUTCOMES[failed.failure.reason], failed.failure.iteration)
    archive = propagation._archive  # noqa: SLF001 - checkpoints are not public, and their bits count
    end = archive.end
    statistics: Any = propagation.statistics()
    tallies = archive.tallies()
    followed = []
    for a in analysed:
        stepped = tallies.when[:, a, 0, 0] >= 0
        at = int(np.argmin(np.where(stepped, tallies.extremes[:, a, 0, 0], math.inf)))
        escape = statistics[scenario.names[a]]["unbound_from"]
        followed.append(
            (
                float(tallies.extremes[at, a, 0, 0]) if stepped.any() else math.inf,
                int(tallies.when[at, a, 0, 0]),
                -1 if escape is None else escape,
                -1.0 if escape is None else _clock_at(propagation, scenario.names[a], escape),
            )
        )
    return Member(OK, n, end.steps.tolist(), end.records.tobytes(), tuple(followed))


def _clock_at(propagation: Propagation, name: str, iteration: int) -> float:
    """Return an agent's clock after so many iterations."""
    if iteration == 0:
        return 0.0
    return Propagation.open(propagation.trajectory, iteration).end[name].time


def by_reference(
    scenario: NanoScenario, seed: int, number: int, analysed: Sequence[int], n: int
) -> Member:
    """Return what the reference in plain Python says of a member; its ring is not compared."""
    records: list[list[Any]] = [
        [(-math.inf, agent.state.time + 0.0, agent.state)] for agent in scenario.agents
    ]
    followed: list[Any] = [(math.inf, -1, -1, -1.0)] * len(analysed)
    going = iterations(scenario, seed, number)
    for k in range(n):
        try:
            stepping = next(going)
        except PropagationFailed as failed:
            return Member(OUTCOMES[failed.failure.reason], failed.failure.iteration)
        for record in stepping:
            for j, a in enumerate(analysed):
                if a == record.agent:
                    followed[j] = _seen(scenario, records, a, k, *followed[j])
            records[record.agent].append((record.t0, record.t1, record.state))
    steps = [len(own) - 1 for own in records]
    return Member(OK, n, steps, None, tuple(followed))


def _seen(
    scenario: NanoScenario,
    records: list[Any],
    a: int,
    k: int,
    closest: float,
    closest_at: int,
    escape_at: int,
    escape_time: float,
) -> tuple[float, int, int, float]:
    """Return what is followed of agent a, after the start of its step in iteration k."""
    p = scenario.primaries[a]
    assert p is not None
    _, t, own = records[a][-1]
    q = t - scenario.epsilon
    other = next(state for t0, t1, state in reversed(records[p]) if t0 <= q < t1)
    dx, dy = other.x - own.x, other.y - own.y
    wx, wy = own.vx - other.vx, own.vy - other.vy
    r = math.sqrt(dx * dx + dy * dy)
    if closest_at < 0 or r < closest:
        closest, closest_at = r, k
    with np.errstate(all="ignore"):
        potential = float(np.float64(scenario.gravity[a]) / np.float64(r))
    if 0.5 * (wx * wx + wy * wy) - potential > 0.0:
        if escape_at < 0:
            escape_at, escape_time = k, t
    else:
        escape_at, escape_time = -1, -1.0
    return closest, closest_at, escape_at, escape_time
