"""Compositions of leapfrogs, of any number of agents: `leapfrog` and `kahan-li-8`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.jit import inner
from sim.kernel.layout import COLLISION, OK, STANDSTILL, TIME
from sim.models.nbody.kernel.blocks import (
    ACCELERATION,
    PART,
    POSITION,
    POSITION_CARRY,
    VELOCITY,
    VELOCITY_CARRY,
    offset,
    write_rows,
)
from sim.models.nbody.kernel.forces import accelerate, added, colliding

if TYPE_CHECKING:
    from sim.kernel.layout import Floats
    from sim.models.nbody.kernel.system import NBodyBuffers, NBodySystem

__all__ = ["advance_composition"]


@inner
def _drift(work: Floats, agents: int, lanes: int, h: float) -> None:
    """Move all positions along the velocities."""
    for first in range(0, agents, 8):
        block = offset(first)
        for lane in range(lanes):
            i = block + np.uint64(lane)
            _drift_axis(work, i, h)
            _drift_axis(work, i + PART, h)
            _drift_axis(work, i + PART + PART, h)


@inner
def _drift_axis(work: Floats, i: np.uint64, h: float) -> None:
    work[i + POSITION], work[i + POSITION_CARRY] = added(
        work[i + POSITION], work[i + POSITION_CARRY], h * work[i + VELOCITY]
    )


@inner
def _kick_axis(work: Floats, i: np.uint64, h: float) -> None:
    work[i + VELOCITY], work[i + VELOCITY_CARRY] = added(
        work[i + VELOCITY], work[i + VELOCITY_CARRY], h * work[i + ACCELERATION]
    )


@inner
def _kick_and_drift(work: Floats, agents: int, lanes: int, kick: float, drift: float) -> None:
    """Change all velocities along the accelerations, then move all positions."""
    for first in range(0, agents, 8):
        block = offset(first)
        for lane in range(lanes):
            i = block + np.uint64(lane)
            _kick_axis(work, i, kick)
            _kick_axis(work, i + PART, kick)
            _kick_axis(work, i + PART + PART, kick)
            _drift_axis(work, i, drift)
            _drift_axis(work, i + PART, drift)
            _drift_axis(work, i + PART + PART, drift)


@inner
def advance_composition(
    system: NBodySystem, buffers: NBodyBuffers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    mu, massive, drifts, kicks = system.mu, system.massive, system.drifts, system.kicks
    rows, free, work, dt = buffers.rows, buffers.free, buffers.work, system.dt
    agents, lanes, row = mu.size, system.lanes, free[0]
    before = rows[0, row - 1, TIME]
    for iteration in range(first, first + count):
        _drift(work, agents, lanes, drifts[0])
        for stage in range(kicks.size):
            if not accelerate(work, agents, lanes, mu, massive):
                a, b = colliding(work, agents, massive)
                free[0] = row
                return iteration - first, COLLISION, a, b
            _kick_and_drift(work, agents, lanes, kicks[stage], drifts[stage + 1])
        time = (iteration + 1) * dt
        if time == before:
            free[0] = row
            return iteration - first, STANDSTILL, 0, 0
        before = time
        write_rows(rows, row, work, agents, time, iteration)
        row += 1
    free[0] = row
    return count, OK, 0, 0
