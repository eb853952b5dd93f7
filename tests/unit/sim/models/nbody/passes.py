"""Points that tests of `nbody` move, and a pass of the kernel over them in any cut."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from sim.jit import compiled
from sim.kernel.layout import HISTORY, OK, SPACE, Floats, Integers, discard_old_rows
from sim.kernel.stepper import advance, close_buffers, open_buffers
from sim.models.nbody.agent import State3
from sim.models.nbody.kernel.system import NBodySystem, initial_carry, nbody_system

DEFAULT_TOLERANCE: Final = 1e-5
INTEGRATORS: Final = ("leapfrog", "kahan-li-8", "gauss-radau-15")
ORDER: Final = (0, 1, 2, 3, 8, 4, 5, 9)  # of the columns of a row: time, timeStep, x, y, z, ...


@dataclass(frozen=True)
class Point:
    name: str
    mu: float
    state: State3


@dataclass(frozen=True)
class Points:
    """What the reference reads of a scenario."""

    agents: tuple[Point, ...]
    integrator: str = "leapfrog"
    dt: float = 0.01
    tolerance: float = DEFAULT_TOLERANCE

    def by(self, integrator: str, dt: float, tolerance: float = DEFAULT_TOLERANCE) -> Points:
        """The same agents, moved otherwise."""
        return replace(self, integrator=integrator, dt=dt, tolerance=tolerance)


def points(*agents: tuple[float, ...]) -> Points:
    """Points of (mu, x, y, z, vx, vy, vz)."""
    return Points(tuple(Point(f"Agent {i}", mu, State3(*at)) for i, (mu, *at) in enumerate(agents)))


@dataclass
class Pass:
    """Where a trajectory is: its newest records, its carry, and what ended it."""

    system: NBodySystem
    steps: Integers
    ring: Floats
    carry: Floats
    end: tuple[int, int, int, int] = (0, OK, -1, -1)

    def go(self, count: int, chunk: int) -> Floats:
        """Go on by so many iterations; return all new rows, float64[rows, agents + V, SPACE]."""
        agents = self.system.mu.size + self.system.barycentre_of.size
        kept = np.zeros((count, agents, SPACE))
        done = int(self.steps[0])
        good, outcome, a, b = record(
            self.system, self.steps, self.ring, self.carry, done, count, chunk, kept
        )
        self.end = (done + good, outcome, a, b)
        return kept[:good]


@compiled
def record(
    system: NBodySystem,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    count: int,
    chunk: int,
    kept: Floats,
) -> tuple[int, int, int, int]:
    """Advance in chunks and keep all new rows."""
    buffers = open_buffers(system, steps, ring, carry, chunk)
    rows, free = buffers.rows, buffers.free
    done = 0
    while done < count:
        size = min(chunk, count - done)
        good, outcome, a, b = advance(system, buffers, steps, first + done, size)
        for at in range(len(rows)):
            for i in range(good):
                kept[done + i, at] = rows[at, HISTORY + i]
        done += good
        if outcome != OK:
            return done, outcome, a, b
        discard_old_rows(rows, free)
    close_buffers(system, buffers, ring, carry)
    return done, OK, 0, 0


def start(scenario: Any, barycentre_of: tuple[int, ...] = ()) -> Pass:  # noqa: ANN401 - a scenario
    """The start of a trajectory."""
    agents = len(scenario.agents)
    system = nbody_system(
        [agent.mu for agent in scenario.agents],
        scenario.integrator,
        scenario.dt,
        scenario.tolerance,
        [-1] * agents,
        barycentre_of,
    )
    ring = np.array(
        [[[-math.inf, 0.0, scenario.dt, *agent.state.numbers]] for agent in scenario.agents]
    )
    carry = initial_carry(scenario.integrator, agents, scenario.dt)
    return Pass(system, np.zeros(agents, np.int64), ring, carry)


def states(rows: Floats) -> Floats:
    """The states in rows, float64[rows, agents, 8]: time, timeStep, x, y, z, vx, vy, vz."""
    picked: Floats = rows[..., list(ORDER)]
    return picked
