"""The last step of one lane again, to find what ended it: a collision leaves no other trace."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.jit import inner
from sim.models.nbody.kernel.forces import added
from sim.models.nbody.kernel.lanes.system import BEFORE, STATE
from sim.models.nbody.kernel.lanes.tally import place_of

if TYPE_CHECKING:
    from sim.kernel.layout import Floats
    from sim.models.nbody.kernel.lanes.system import NBodyLanes

__all__ = ["collides"]


@inner
def collides(system: NBodyLanes, work: Floats, lane: int) -> bool:
    """Return whether two agents of a lane, one of them massive, met in the step just computed."""
    agents = np.empty((system.mu.size, STATE))
    for a in range(system.mu.size):
        for field in range(STATE):
            agents[a, field] = work[place_of(system.place, system.own, a, lane, field) + BEFORE]
    _drift(agents, system.drifts[0])
    for stage in range(system.kicks.size):
        pulls = np.zeros((system.mu.size, 3))
        if not _pull_all(system, agents, pulls):
            return True
        _kick(agents, pulls, system.kicks[stage])
        _drift(agents, system.drifts[stage + 1])
    return False


@inner
def _drift(agents: Floats, h: float) -> None:
    for a in range(len(agents)):
        for axis in range(3):
            x, velocity, carry = agents[a, axis], agents[a, 3 + axis], agents[a, 6 + axis]
            agents[a, axis], agents[a, 6 + axis] = added(x, carry, h * velocity)


@inner
def _kick(agents: Floats, pulls: Floats, h: float) -> None:
    for a in range(len(agents)):
        for axis in range(3):
            velocity, carry = agents[a, 3 + axis], agents[a, 9 + axis]
            agents[a, 3 + axis], agents[a, 9 + axis] = added(velocity, carry, h * pulls[a, axis])


@inner
def _pull_all(system: NBodyLanes, agents: Floats, pulls: Floats) -> bool:
    """Compute all accelerations; return whether no two agents meet."""
    for a in range(len(agents)):
        for b in system.massive:
            if b == a:
                continue
            dx = agents[b, 0] - agents[a, 0]
            dy = agents[b, 1] - agents[a, 1]
            dz = agents[b, 2] - agents[a, 2]
            r2 = (dx * dx + dy * dy) + dz * dz
            r3 = r2 * math.sqrt(r2)
            if r3 == 0.0:
                return False
            w = system.mu[b] / r3
            pulls[a, 0] += w * dx
            pulls[a, 1] += w * dy
            pulls[a, 2] += w * dz
    return True
