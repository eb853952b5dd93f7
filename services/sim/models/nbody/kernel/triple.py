"""Compositions of leapfrogs of three massive agents, whose states and carries stay in registers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from sim.jit import inner
from sim.kernel.layout import COLLISION, OK, STANDSTILL, TIME
from sim.models.nbody.kernel.blocks import (
    PART,
    POSITION,
    POSITION_CARRY,
    VELOCITY,
    VELOCITY_CARRY,
    offset,
    write_row,
)
from sim.models.nbody.kernel.forces import added

if TYPE_CHECKING:
    import numpy as np

    from sim.kernel.layout import Floats
    from sim.models.nbody.kernel.system import NBodyBuffers, NBodySystem

__all__ = ["advance_triple"]

Three: TypeAlias = tuple[float, float, float]  # a number of each agent


@inner
def _load(work: Floats, field: np.uint64) -> Three:
    """Return a field of one axis."""
    return work[offset(0) + field], work[offset(1) + field], work[offset(2) + field]


@inner
def _store(work: Floats, field: np.uint64, values: Three) -> None:
    """Write a field of one axis."""
    for a in range(3):
        work[offset(a) + field] = values[a]


@inner
def _added(values: Three, carries: Three, h: float, rates: Three) -> tuple[Three, Three]:
    """Return compensated sums and their carries with rates over a time added."""
    value_0, carry_0 = added(values[0], carries[0], h * rates[0])
    value_1, carry_1 = added(values[1], carries[1], h * rates[1])
    value_2, carry_2 = added(values[2], carries[2], h * rates[2])
    return (value_0, value_1, value_2), (carry_0, carry_1, carry_2)


@inner
def _apart(x: Three) -> Three:
    """Return the distances along an axis from 0 to 1, from 0 to 2 and from 1 to 2."""
    return x[1] - x[0], x[2] - x[0], x[2] - x[1]


@inner
def _cube(dx: float, dy: float, dz: float) -> float:
    r2 = (dx * dx + dy * dy) + dz * dz
    return r2 * math.sqrt(r2)


@inner
def _sums(d: Three, to: Three, back: Three) -> Three:
    """Return accelerations along an axis, from mu/r3 towards the second of a pair and the first.

    Sums start with 0.0, which -0.0 does not survive.
    """
    return (
        (0.0 + to[0] * d[0]) + to[1] * d[1],
        (0.0 + back[0] * -d[0]) + to[2] * d[2],
        (0.0 + back[1] * -d[1]) + back[2] * -d[2],
    )


@inner
def advance_triple(
    system: NBodySystem, buffers: NBodyBuffers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    drifts, kicks, dt = system.drifts, system.kicks, system.dt
    rows, free, work = buffers.rows, buffers.free, buffers.work
    mu_0, mu_1, mu_2, row = system.mu[0], system.mu[1], system.mu[2], free[0]
    before = rows[0, row - 1, TIME]
    x, y, z = (
        _load(work, POSITION),
        _load(work, POSITION + PART),
        _load(work, POSITION + PART + PART),
    )
    u, v, w = (
        _load(work, VELOCITY),
        _load(work, VELOCITY + PART),
        _load(work, VELOCITY + PART + PART),
    )
    cx, cy, cz = (
        _load(work, POSITION_CARRY),
        _load(work, POSITION_CARRY + PART),
        _load(work, POSITION_CARRY + PART + PART),
    )
    cu, cv, cw = (
        _load(work, VELOCITY_CARRY),
        _load(work, VELOCITY_CARRY + PART),
        _load(work, VELOCITY_CARRY + PART + PART),
    )
    for iteration in range(first, first + count):
        x, cx = _added(x, cx, drifts[0], u)
        y, cy = _added(y, cy, drifts[0], v)
        z, cz = _added(z, cz, drifts[0], w)
        for stage in range(kicks.size):
            dx, dy, dz = _apart(x), _apart(y), _apart(z)
            r3_01 = _cube(dx[0], dy[0], dz[0])
            r3_02 = _cube(dx[1], dy[1], dz[1])
            r3_12 = _cube(dx[2], dy[2], dz[2])
            if r3_01 == 0.0 or r3_02 == 0.0 or r3_12 == 0.0:
                free[0] = row
                a = 0 if r3_01 == 0.0 or r3_02 == 0.0 else 1
                return iteration - first, COLLISION, a, 1 if r3_01 == 0.0 else 2
            to = mu_1 / r3_01, mu_2 / r3_02, mu_2 / r3_12
            back = mu_0 / r3_01, mu_0 / r3_02, mu_1 / r3_12
            kick, drift = kicks[stage], drifts[stage + 1]
            u, cu = _added(u, cu, kick, _sums(dx, to, back))
            v, cv = _added(v, cv, kick, _sums(dy, to, back))
            w, cw = _added(w, cw, kick, _sums(dz, to, back))
            x, cx = _added(x, cx, drift, u)
            y, cy = _added(y, cy, drift, v)
            z, cz = _added(z, cz, drift, w)
        time = (iteration + 1) * dt
        if time == before:
            free[0] = row
            return iteration - first, STANDSTILL, 0, 0
        before = time
        write_row(rows, 0, row, time, iteration, x[0], y[0], z[0], u[0], v[0], w[0])
        write_row(rows, 1, row, time, iteration, x[1], y[1], z[1], u[1], v[1], w[1])
        write_row(rows, 2, row, time, iteration, x[2], y[2], z[2], u[2], v[2], w[2])
        row += 1
    free[0] = row
    _store(work, POSITION, x)
    _store(work, POSITION + PART, y)
    _store(work, POSITION + PART + PART, z)
    _store(work, VELOCITY, u)
    _store(work, VELOCITY + PART, v)
    _store(work, VELOCITY + PART + PART, w)
    _store(work, POSITION_CARRY, cx)
    _store(work, POSITION_CARRY + PART, cy)
    _store(work, POSITION_CARRY + PART + PART, cz)
    _store(work, VELOCITY_CARRY, cu)
    _store(work, VELOCITY_CARRY + PART, cv)
    _store(work, VELOCITY_CARRY + PART + PART, cw)
    return count, OK, 0, 0
