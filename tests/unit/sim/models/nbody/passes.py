"""Points that tests of `nbody` move, and a pass of the kernel over them in any cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import compiled
from sim.kernel.layout import (
    HISTORY,
    OK,
    SPACE,
    STEP,
    TIME,
    VX,
    VY,
    VZ,
    Floats,
    Integers,
    X,
    Y,
    Z,
    discard_old_rows,
)
from sim.kernel.stepper import advance, close_buffers, open_buffers
from sim.models.nbody.agent import NBodyAgent, State3
from sim.models.nbody.kernel import initial_carry, system_of
from sim.models.nbody.reference import iterations
from sim.models.nbody.scenario import NBodyScenario

if TYPE_CHECKING:
    from sim.models.nbody.kernel.system import NBodySystem

INTEGRATORS: Final = ("leapfrog", "kahan-li-8", "gauss-radau-15")
STATE: Final = (TIME, STEP, X, Y, Z, VX, VY, VZ)  # the columns of a row in a state's order


def points(
    *agents: tuple[float, ...],
    integrator: str = "leapfrog",
    dt: float = 0.01,
    tolerance: float = 1e-5,
    primary: str | None = None,
) -> NBodyScenario:
    """Points of (mu, x, y, z, vx, vy, vz)."""
    return NBodyScenario(
        tuple(
            NBodyAgent(f"Agent {i}", mu, State3(*map(float, at)), primary)
            for i, (mu, *at) in enumerate(agents)
        ),
        integrator,
        dt,
        tolerance,
    )


@dataclass
class Pass:
    """Where a trajectory is: its newest records, its carry, and what ended it."""

    system: NBodySystem
    steps: Integers
    ring: Floats
    carry: Floats
    outcome: int = OK
    agents: tuple[int, int] = (-1, -1)

    @classmethod
    def start(cls, scenario: NBodyScenario) -> Pass:
        """The start of a trajectory."""
        states = [list(agent.state.to_json().values()) for agent in scenario.agents]
        ring = np.array([[[-math.inf, 0.0, scenario.dt, *state]] for state in states])
        steps = np.zeros(len(states), np.int64)
        return cls(system_of(scenario), steps, ring, initial_carry(scenario))

    @property
    def done(self) -> int:
        """Iterations so far."""
        return int(self.steps[0])

    @property
    def time(self) -> float:
        """The clock of all agents."""
        return float(self.ring[0, 0, 1])

    def rows(self, count: int, chunk: int) -> Floats:
        """Go on by so many iterations; return all new rows, float64[rows, agents + V, SPACE]."""
        kept = np.zeros((count, self.system.mu.size + self.system.barycentre_of.size, SPACE))
        good, self.outcome, *agents = record(
            self.system, self.steps, self.ring, self.carry, self.done, count, chunk, kept
        )
        self.agents = (agents[0], agents[1])
        return kept[:good]

    def states(self, count: int, chunk: int = 64) -> Floats:
        """Go on by so many iterations; return all new states, float64[rows, agents, 8]."""
        rows: Floats = self.rows(count, chunk)[:, : self.system.mu.size, list(STATE)]
        return rows

    def go(self, count: int) -> Floats:
        """Go on by so many iterations; return the last positions, float64[agents, 3]."""
        nothing = np.zeros((0, 0, SPACE))
        good, self.outcome, *_ = record(
            self.system, self.steps, self.ring, self.carry, self.done, count, 1024, nothing
        )
        assert (good, self.outcome) == (count, OK)
        positions: Floats = self.ring[:, 0, 3:6].copy()
        return positions


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
    """Advance in chunks; keep the new rows where there is room."""
    buffers = open_buffers(system, steps, ring, carry, chunk)
    rows, free = buffers.rows, buffers.free
    done = 0
    while done < count:
        size = min(chunk, count - done)
        good, outcome, a, b = advance(system, buffers, steps, first + done, size)
        if kept.size > 0:
            for at in range(len(rows)):
                for i in range(good):
                    for column in range(SPACE):
                        kept[done + i, at, column] = rows[at, HISTORY + i, column]
        done += good
        if outcome != OK:
            return done, outcome, a, b
        discard_old_rows(rows, free)
    close_buffers(system, buffers, ring, carry)
    return done, OK, 0, 0


def expected(scenario: NBodyScenario, count: int) -> Floats:
    """The states of so many iterations by the reference, float64[count, agents, 8]."""
    agents = len(scenario.agents)
    return np.array(
        [
            [list(each.state.to_json().values()) for each in records]
            for records in islice(iterations(scenario), count)
        ]
    ).reshape(count, agents, len(STATE))


def same_bits(left: Floats, right: Floats) -> bool:
    """Whether two arrays have the same bits."""
    return left.shape == right.shape and left.tobytes() == right.tobytes()
