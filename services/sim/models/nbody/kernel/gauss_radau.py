"""Everhart's method of order 15, of any number of agents: `gauss-radau-15`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sim.jit import inner
from sim.kernel.layout import COLLISION, OK, STANDSTILL, STEP, TIME
from sim.models.nbody.kernel.blocks import ACCELERATION, CHANGE, PART, offset, write_rows
from sim.models.nbody.kernel.forces import accelerate, added, colliding
from sim.models.nbody.kernel.polynomials import (
    B_6,
    begin,
    finish,
    node_0,
    node_1,
    node_2,
    node_3,
    node_4,
    node_5,
    node_6,
    node_7,
    predict,
)
from sim.models.nbody.reference import CONVERGED, LARGEST_CHANGE, MOST_SWEEPS, seventh_root

if TYPE_CHECKING:
    import numpy as np

    from sim.kernel.layout import Floats, Integers
    from sim.models.nbody.kernel.system import NBodyBuffers, NBodySystem

__all__ = ["advance_gauss_radau"]

_RATIO_OF_LARGEST: Final = LARGEST_CHANGE**7
_SHORTEST: Final = 1.0 / LARGEST_CHANGE

_seventh_root = inner(seventh_root)


@inner
def _largest(work: Floats, agents: int, field: np.uint64) -> float:
    """Return the largest absolute value in a field of all components, but nan; 0.0 for none."""
    largest = 0.0
    for a in range(agents):
        i = offset(a) + field
        for _ in range(3):
            value = abs(work[i])
            if value > largest:  # noqa: PLR1730 - max() may return nan
                largest = value
            i += PART
    return largest


@inner
def _over_acceleration(work: Floats, agents: int, field: np.uint64) -> float:
    """Return the largest value of a field over the largest acceleration."""
    largest = _largest(work, agents, ACCELERATION)
    return _largest(work, agents, field) / largest if largest > 0.0 else 0.0


@inner
def _sweep(work: Floats, agents: int, lanes: int, mu: Floats, massive: Integers, dt: float) -> bool:
    """Correct the polynomials at each node in turn; return whether no agents collide."""
    node_0(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_1(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_2(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_3(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_4(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_5(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_6(work, agents, lanes, dt)
    if not accelerate(work, agents, lanes, mu, massive):
        return False
    node_7(work, agents, lanes, dt)
    return True


@inner
def _attempt(
    work: Floats, agents: int, lanes: int, mu: Floats, massive: Integers, dt: float
) -> bool:
    """Find the polynomials of a step; return whether no agents collide."""
    last = math.inf
    for sweep in range(MOST_SWEEPS):
        if not _sweep(work, agents, lanes, mu, massive, dt):
            return False
        change = _over_acceleration(work, agents, CHANGE)
        if change < CONVERGED or (sweep > 1 and change >= last):
            break
        last = change
    return True


@inner
def _growth(tolerance: float, error: float) -> float:
    """Return by how much the next step may be longer."""
    if tolerance == 0.0 or error == 0.0 or not math.isfinite(error):
        return 1.0
    ratio = tolerance / error
    return LARGEST_CHANGE if ratio >= _RATIO_OF_LARGEST else _seventh_root(ratio)


@inner
def advance_gauss_radau(
    system: NBodySystem, buffers: NBodyBuffers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    mu, massive, tolerance = system.mu, system.massive, system.tolerance
    rows, free, work, clock = buffers.rows, buffers.free, buffers.work, buffers.clock
    agents, lanes, row = mu.size, system.lanes, free[0]
    time, dt = rows[0, row - 1, TIME], rows[0, row - 1, STEP]
    carry, last = clock[0], clock[1]
    for iteration in range(first, first + count):
        if not accelerate(work, agents, lanes, mu, massive):
            a, b = colliding(work, agents, massive)
            free[0] = row
            return iteration - first, COLLISION, a, b
        begin(work, agents, lanes)
        while True:
            if time + (dt - carry) == time:
                free[0] = row
                return iteration - first, STANDSTILL, 0, 0
            predict(work, agents, lanes, dt / last)
            if not _attempt(work, agents, lanes, mu, massive, dt):
                a, b = colliding(work, agents, massive)
                free[0] = row
                return iteration - first, COLLISION, a, b
            growth = _growth(tolerance, _over_acceleration(work, agents, B_6))
            if growth >= _SHORTEST:
                break
            dt *= growth
        finish(work, agents, lanes, dt)
        time, carry = added(time, carry, dt)
        last = dt
        dt = growth * dt
        write_rows(rows, row, work, agents, time, iteration)
        for a in range(agents):
            rows[a, row, STEP] = dt
        row += 1
    free[0] = row
    clock[0], clock[1] = carry, last
    return count, OK, 0, 0
