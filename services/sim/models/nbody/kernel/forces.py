"""Gravity of the massive agents on all, and the compensated sum: what all methods share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.jit import inner
from sim.models.nbody.kernel.blocks import ACCELERATION, PART, POSITION, offset

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["accelerate", "added", "colliding"]


@inner
def added(value: float, carry: float, term: float) -> tuple[float, float]:
    """Return a compensated sum and its carry with a term added."""
    y = term - carry
    total = value + y
    return total, (total - value) - y


@inner
def _pull(
    work: Floats,
    block: np.uint64,
    lanes: int,
    mu: float,
    x: float,
    y: float,
    z: float,
    own: int,
) -> bool:
    """Add a massive agent's pull on a block; return whether it is apart from all others there."""
    apart = True
    for lane in range(lanes):
        i = block + np.uint64(lane)
        dx = x - work[i + POSITION]
        dy = y - work[i + POSITION + PART]
        dz = z - work[i + POSITION + PART + PART]
        r2 = (dx * dx + dy * dy) + dz * dz
        # An agent does not attract itself: dx is 0 and, with r3 = 1, so is the term. Adding it
        # changes no bit, because a sum that starts with 0.0 is never -0.0.
        r3 = 1.0 if lane == own else r2 * math.sqrt(r2)
        apart &= r3 != 0.0
        w = mu / r3
        work[i + ACCELERATION] += w * dx
        work[i + ACCELERATION + PART] += w * dy
        work[i + ACCELERATION + PART + PART] += w * dz
    return apart


@inner
def accelerate(work: Floats, agents: int, lanes: int, mu: Floats, massive: Integers) -> bool:
    """Compute all accelerations at the positions; return whether none collide.

    `lanes` is the system's.
    """
    apart = True
    for first in range(0, agents, 8):
        block = offset(first)
        for lane in range(lanes):
            i = block + np.uint64(lane)
            work[i + ACCELERATION] = 0.0
            work[i + ACCELERATION + PART] = 0.0
            work[i + ACCELERATION + PART + PART] = 0.0
        for g in range(massive.size):
            b = massive[g]
            i = offset(b) + POSITION
            x, y, z = work[i], work[i + PART], work[i + PART + PART]
            apart &= _pull(work, block, lanes, mu[b], x, y, z, b - first)
    return apart


@inner
def colliding(work: Floats, agents: int, massive: Integers) -> tuple[int, int]:
    """Return the first agent, and the first massive agent for it, that have r3 == 0; one exists."""
    for a in range(agents):
        i = offset(a) + POSITION
        for g in range(massive.size):
            j = offset(massive[g]) + POSITION
            dx = work[j] - work[i]
            dy = work[j + PART] - work[i + PART]
            dz = work[j + PART + PART] - work[i + PART + PART]
            r2 = (dx * dx + dy * dy) + dz * dz
            if massive[g] != a and r2 * math.sqrt(r2) == 0.0:
                return a, massive[g]
    return -1, -1
