"""Checkpoints: all that a trajectory needs to go on, and nothing else.

Guarantees: equal means the same bits. What nobody can read any more is zero, so that two
checkpoints of the same iteration are equal however they were reached, from interval to interval.
(So is where the newest record begins of an agent that nobody reads and that took no step in the
last interval: its place is known by where it ends.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.cost_model import steps_per_iteration
from sim.engine.kernel import DEPTH, FIELDS, World, chunk_of
from sim.scenario import State

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers
    from sim.scenario import Scenario, Trajectory

__all__ = ["Checkpoint", "initial_checkpoint", "reached", "world_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a trajectory after so many iterations.

    `steps` int64[M]: the steps that each agent has taken, which is its place in its random
    numbers. `records` float64[M, 3, 7]: its newest three records (t0, t1, timeStep, x, y, vx,
    vy), newest first; only the newest of an agent that no other reads.
    """

    iteration: int
    steps: Integers
    records: Floats

    @property
    def clocks(self) -> Floats:
        """Each agent's time, float64[M]."""
        return self.records[:, 0, 1]

    def states(self, scenario: Scenario) -> dict[str, State]:
        """Return each agent's state under its name."""
        newest = self.records[:, 0, 1:].tolist()
        return {name: State(*row) for name, row in zip(scenario.names, newest, strict=True)}

    def resume(self) -> tuple[Integers, Floats]:
        """Return copies of the arrays for a kernel to go on with."""
        return self.steps.copy(), self.records.copy()

    def to_bytes(self) -> bytes:
        """Return the bits that make it this checkpoint: what checksums are taken of."""
        return b"%d:" % self.iteration + self.steps.tobytes() + self.records.tobytes()

    def __eq__(self, other: object) -> bool:
        return self.to_bytes() == other.to_bytes() if isinstance(other, Checkpoint) else False

    def __hash__(self) -> int:
        return hash(self.to_bytes())


def initial_checkpoint(scenario: Scenario) -> Checkpoint:
    """Return the start: one record `[-inf, 0)` an agent, with its initial state."""
    agents = len(scenario.agents)
    records = np.zeros((agents, DEPTH, FIELDS))
    for a, agent in enumerate(scenario.agents):
        records[a, 0] = -math.inf, *agent.state.to_json().values()
    return reached(scenario, 0, np.zeros(agents, np.int64), records)


def reached(scenario: Scenario, iteration: int, steps: Integers, ring: Floats) -> Checkpoint:
    """Return the checkpoint of what a kernel has reached, without what nobody reads any more."""
    records = np.zeros_like(ring)
    records[:, 0] = ring[:, 0]
    read = list(scenario.read_by_others)
    records[read] = ring[read]
    return Checkpoint(iteration, steps.copy(), records)


def world_of(trajectory: Trajectory) -> World:
    """Return what the kernel needs to know of a trajectory."""
    scenario = trajectory.scenario
    return World(
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(scenario.massive, np.int64),
        primary=np.array([-1 if p is None else p for p in scenario.primaries], np.int64),
        dt_min=scenario.dt_min,
        dt_span=scenario.dt_span,
        epsilon=scenario.epsilon,
        seed=np.uint64(trajectory.seed),
        chunk=chunk_of(steps_per_iteration(scenario)),
    )
