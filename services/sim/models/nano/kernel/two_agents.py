"""Iterations of two agents; their newest states stay in registers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.jit import inner
from sim.kernel.layout import (
    COLLISION,
    ITERATION,
    OK,
    READ,
    STANDSTILL,
    STEP,
    TIME,
    VX,
    VY,
    X,
    Y,
)
from sim.models.nano.kernel.philox import draw

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers
    from sim.models.nano.kernel.system import Parameters

__all__ = ["advance_two"]


@inner
def _older_row(rows: Floats, b: int, newest: int, q: float) -> int:
    """Return the row of b that holds q, if the newest does not."""
    return newest - 1 if q >= rows[b, newest - 2, TIME] else newest - 2


@inner
def _kick(
    mu: float, dx: float, dy: float, h: float, vx: float, vy: float
) -> tuple[float, float, bool]:
    """Return the velocity after a step (the "kick"), and whether the agents collide."""
    ax = ay = 0.0
    hit = False
    if mu != 0.0:
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        hit = r3 == 0.0
        ax += mu * dx / r3
        ay += mu * dy / r3
    return vx + ax * h, vy + ay * h, hit


@inner
def _write(
    rows: Floats,
    a: int,
    row: int,
    time: float,
    time_step: float,
    x: float,
    y: float,
    vx: float,
    vy: float,
    iteration: float,
    read: int,
) -> None:
    """Write a record."""
    rows[a, row, TIME] = time
    rows[a, row, STEP] = time_step
    rows[a, row, X] = x
    rows[a, row, Y] = y
    rows[a, row, VX] = vx
    rows[a, row, VY] = vy
    rows[a, row, ITERATION] = iteration
    rows[a, row, READ] = read


@inner
def advance_two(
    mu: Floats,
    parameters: Parameters,
    rows: Floats,
    free: Integers,
    draws: Floats,
    steps: Integers,
    first: int,
    count: int,
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    mu_a, mu_b = mu[0], mu[1]
    dt_min, dt_span, epsilon, seed, member = parameters
    a, b = free[0] - 1, free[1] - 1  # each agent's newest row
    steps_a, steps_b = steps[0], steps[1]
    ta, ha, xa, ya = rows[0, a, TIME], rows[0, a, STEP], rows[0, a, X], rows[0, a, Y]
    tb, hb, xb, yb = rows[1, b, TIME], rows[1, b, STEP], rows[1, b, X], rows[1, b, Y]
    vxa, vya, vxb, vyb = rows[0, a, VX], rows[0, a, VY], rows[1, b, VX], rows[1, b, VY]
    from_a, from_b = rows[0, a - 1, TIME], rows[1, b - 1, TIME]

    number = float(first)
    for i in range(count):
        q = ta - epsilon
        if q < tb and q < ta:
            read, x, y = b, xb, yb
            if q < from_b:
                read = _older_row(rows, 1, b, q)
                x, y = rows[1, read, X], rows[1, read, Y]
            vxa, vya, hit = _kick(mu_b, x - xa, y - ya, ha, vxa, vya)
            if hit:
                free[0], free[1] = a + 1, b + 1
                return i, COLLISION, 0, 1
            xa += vxa * ha
            ya += vya * ha
            from_a = ta
            ta += ha
            ha = dt_min + draws[0, steps_a & 3] * dt_span
            steps_a += 1
            if steps_a & 3 == 0:
                draw(seed, member, 0, steps_a >> 2, draws, 0)
            a += 1
            _write(rows, 0, a, ta, ha, xa, ya, vxa, vya, number, read)
        q = tb - epsilon
        if q < ta and q < tb:
            read, x, y = a, xa, ya
            if q < from_a:
                read = _older_row(rows, 0, a, q)
                x, y = rows[0, read, X], rows[0, read, Y]
            vxb, vyb, hit = _kick(mu_a, x - xb, y - yb, hb, vxb, vyb)
            if hit:
                free[0], free[1] = a + 1, b + 1
                return i, COLLISION, 1, 0
            xb += vxb * hb
            yb += vyb * hb
            from_b = tb
            tb += hb
            hb = dt_min + draws[1, steps_b & 3] * dt_span
            steps_b += 1
            if steps_b & 3 == 0:
                draw(seed, member, 1, steps_b >> 2, draws, 0)
            b += 1
            _write(rows, 1, b, tb, hb, xb, yb, vxb, vyb, number, read)
        number += 1.0

    # An iteration without a step repeats for ever, so it is enough to check the last one.
    free[0], free[1] = a + 1, b + 1
    newest = int(max(rows[0, a, ITERATION], rows[1, b, ITERATION]))
    if newest < first + count - 1:
        return max(newest + 1 - first, 0), STANDSTILL, 0, 0
    steps[0], steps[1] = steps_a, steps_b
    return count, OK, 0, 0
