"""Checkpoints: the state from which a trajectory continues, and nothing else.

Guarantees: checkpoints are equal if they have the same bits. Numbers that no later step can read
are zero, so two checkpoints of the same iteration are equal, whichever intervals led there. (Also
zero is the t0 of the newest record of an agent that no other reads and that took no step in the
last interval: its t1 is enough.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.cost_model import steps_per_iteration
from sim.engine.kernel import DEPTH, FIELDS, System, chunk_iterations
from sim.scenario import State

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers
    from sim.scenario import Scenario, Trajectory

__all__ = ["Checkpoint", "checkpoint_at", "initial_checkpoint", "system_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a trajectory after `iteration` iterations.

    `steps` int64[M]: the steps that each agent has taken, which is also its position in its
    random numbers. `records` float64[M, 3, 7]: its newest three records (t0, t1, timeStep, x, y,
    vx, vy), newest first; of an agent that no other reads, only the newest.
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
        """Return copies of both arrays, from which a kernel continues."""
        return self.steps.copy(), self.records.copy()

    def to_bytes(self) -> bytes:
        """Return its bits, of which checksums are computed."""
        return b"%d:" % self.iteration + self.steps.tobytes() + self.records.tobytes()

    def __eq__(self, other: object) -> bool:
        return self.to_bytes() == other.to_bytes() if isinstance(other, Checkpoint) else False

    def __hash__(self) -> int:
        return hash(self.to_bytes())


def initial_checkpoint(scenario: Scenario) -> Checkpoint:
    """Return the start: one record `[-inf, 0)` per agent, with its initial state."""
    agents = len(scenario.agents)
    records = np.zeros((agents, DEPTH, FIELDS))
    for a, agent in enumerate(scenario.agents):
        records[a, 0] = -math.inf, *agent.state.to_json().values()
    return checkpoint_at(scenario, 0, np.zeros(agents, np.int64), records)


def checkpoint_at(scenario: Scenario, iteration: int, steps: Integers, ring: Floats) -> Checkpoint:
    """Return the checkpoint of a kernel's arrays, without the records that no step can read."""
    records = np.zeros_like(ring)
    records[:, 0] = ring[:, 0]
    read = list(scenario.read_by_others)
    records[read] = ring[read]
    return Checkpoint(iteration, steps.copy(), records)


def system_of(trajectory: Trajectory) -> System:
    """Return the dynamical system of a trajectory, as the kernel takes it."""
    scenario = trajectory.scenario
    return System(
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(scenario.massive, np.int64),
        primary=np.array([-1 if p is None else p for p in scenario.primaries], np.int64),
        dt_min=scenario.dt_min,
        dt_span=scenario.dt_span,
        epsilon=scenario.epsilon,
        seed=np.uint64(trajectory.seed),
        member=np.uint64(trajectory.member),
        chunk=chunk_iterations(steps_per_iteration(scenario)),
    )
