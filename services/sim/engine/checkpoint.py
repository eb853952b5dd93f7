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

if TYPE_CHECKING:
    from sim.kernel import Floats, Integers, System
    from sim.models.model import AnyState
    from sim.scenario import Scenario, Trajectory

__all__ = ["Checkpoint", "checkpoint_at", "initial_checkpoint", "system_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a trajectory after `iteration` iterations.

    `steps` int64[M]: the steps that each agent has taken, which is also its position in its
    random numbers. `records` float64[M, D, F]: its newest records (the model's columns), newest
    first, as many as others can read; of an agent that no other reads, only the newest. `carry`
    float64[K]: what else the model goes on from.
    """

    iteration: int
    steps: Integers
    records: Floats
    carry: Floats

    @property
    def clocks(self) -> Floats:
        """Each agent's time, float64[M]."""
        return self.records[:, 0, 1]

    def states(self, scenario: Scenario) -> dict[str, AnyState]:
        """Return each agent's state under its name."""
        newest = self.records[:, 0, 1:].tolist()
        of_model = scenario.model.state
        return {name: of_model(*row) for name, row in zip(scenario.names, newest, strict=True)}

    def resume(self) -> tuple[Integers, Floats, Floats]:
        """Return copies of the three arrays, from which a kernel continues."""
        return self.steps.copy(), self.records.copy(), self.carry.copy()

    def to_bytes(self) -> bytes:
        """Return its bits, of which checksums are computed."""
        arrays = (self.steps, self.records, self.carry)
        return b"%d:" % self.iteration + b"".join(array.tobytes() for array in arrays)

    def __eq__(self, other: object) -> bool:
        return self.to_bytes() == other.to_bytes() if isinstance(other, Checkpoint) else False

    def __hash__(self) -> int:
        return hash(self.to_bytes())


def initial_checkpoint(scenario: Scenario) -> Checkpoint:
    """Return the start: one record `[-inf, 0)` per agent, with its initial state."""
    agents, model = len(scenario.agents), scenario.model
    records = np.zeros((agents, model.depth, len(model.columns)))
    for a, state in enumerate(scenario.initial_states):
        records[a, 0] = -math.inf, *state.to_json().values()
    carry = model.kernel.initial_carry(scenario)
    return checkpoint_at(scenario, 0, np.zeros(agents, np.int64), records, carry)


def checkpoint_at(
    scenario: Scenario, iteration: int, steps: Integers, ring: Floats, carry: Floats
) -> Checkpoint:
    """Return the checkpoint of a kernel's arrays, without the records that no step can read."""
    records = np.zeros_like(ring)
    records[:, 0] = ring[:, 0]
    read = list(scenario.read_by_others)
    records[read] = ring[read]
    return Checkpoint(iteration, steps.copy(), records, carry.copy())


def system_of(trajectory: Trajectory) -> System:
    """Return the dynamical system of a trajectory, as the kernel takes it."""
    kernel = trajectory.scenario.model.kernel
    return kernel.system_of(trajectory.scenario, trajectory.seed, trajectory.member)
