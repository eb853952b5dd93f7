"""`nano` in plain Python: the specification, which faster code equals bit for bit.

The method is the semi-implicit (symplectic) Euler method, velocity first: E. Hairer, C. Lubich,
G. Wanner, "Geometric Numerical Integration", 2nd edition, Springer 2006, section I.1.2. It has two
extensions. Reads are asynchronous: every agent has its own clock, reads the other agents' records
at its time minus epsilon, and waits while one of them has no record there. Time steps are random:
each is drawn when the step before it is taken, from a stream of the seed, the agent and the member.

Guarantees: reads come from a `QRangeStore`, random numbers from numpy's Philox, and arithmetic is
`+ - * /` and `sqrt` of binary64 in the order written here.
"""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sim.errors import Failure, FailureReason, PropagationFailed
from sim.models.model import Record
from sim.models.nano.agent import State
from sim.rangestore import QRangeStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.models.nano.scenario import NanoScenario

__all__ = ["iterations"]

Universe: TypeAlias = dict[int, State]
"""States by agent number: of all agents, or of the one that a record belongs to."""


def iterations(scenario: NanoScenario, seed: int, member: int) -> Iterator[list[Record]]:
    """Yield the records of each iteration; raise PropagationFailed where the trajectory ends."""
    store = QRangeStore[Universe]()
    latest = {a: agent.state for a, agent in enumerate(scenario.agents)}
    store[-math.inf, 0.0] = dict(latest)
    draws = [_draws(seed, a, member) for a in latest]

    for iteration in count():
        records = []
        for a, name in enumerate(scenario.names):
            t = latest[a].time
            universe = _read(store, t - scenario.epsilon)
            if len(universe) < len(latest):
                continue  # the agent waits: another has not reached the time of the read
            ax, ay = _acceleration(scenario, a, universe, iteration)
            u = float(draws[a].random())
            state = _stepped(universe[a], ax, ay, scenario.dt_min + u * scenario.dt_span)
            if not _is_finite(state):
                raise _failed(iteration, (name,), FailureReason.DIVERGENCE)
            store[t, state.time] = {a: state}
            records.append(Record(a, t, state.time, state))
            latest[a] = state
        if not records:
            raise _failed(iteration, scenario.names, FailureReason.STANDSTILL)
        yield records


def _draws(seed: int, agent: int, member: int) -> np.random.Generator:
    """Return the agent's own random numbers; the k-th is for its k-th step.

    The member is the counter's highest word, which no stream ever counts up to.
    """
    key = np.array([seed, agent], dtype=np.uint64)
    counter = np.array([0, 0, 0, member], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def _read(store: QRangeStore[Universe], q: float) -> Universe:
    """Return the agents' states at time q: each from its newest record that holds q."""
    universe: Universe = {}
    with suppress(IndexError):  # no record holds q at all
        for record in store[q]:
            universe.update(record)
    return universe


def _acceleration(
    scenario: NanoScenario, a: int, universe: Universe, iteration: int
) -> tuple[float, float]:
    """Return the acceleration of agent a: mu/r**2 towards each massive agent."""
    ax = ay = 0.0
    for b, other in enumerate(scenario.agents):
        if b == a or other.mu == 0.0:
            continue
        dx = universe[b].x - universe[a].x
        dy = universe[b].y - universe[a].y
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        if r3 == 0.0:
            names = (scenario.names[a], other.name)
            raise _failed(iteration, names, FailureReason.COLLISION)
        ax += other.mu * dx / r3
        ay += other.mu * dy / r3
    return ax, ay


def _stepped(state: State, ax: float, ay: float, next_time_step: float) -> State:
    """Return the state one semi-implicit Euler step later: velocity first."""
    h = state.time_step
    vx = state.vx + ax * h
    vy = state.vy + ay * h
    return State(state.time + h, next_time_step, state.x + vx * h, state.y + vy * h, vx, vy)


def _is_finite(state: State) -> bool:
    return all(map(math.isfinite, state.to_json().values()))


def _failed(iteration: int, agents: tuple[str, ...], reason: FailureReason) -> PropagationFailed:
    return PropagationFailed(Failure(iteration, agents, reason))
