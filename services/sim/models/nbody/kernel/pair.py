"""Compositions of leapfrogs of two agents, whose states and carries stay in registers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.jit import inner
from sim.kernel.layout import (
    COLLISION,
    OK,
    STANDSTILL,
    TIME,
    VX,
    VY,
    VZ,
    X,
    Y,
    Z,
)
from sim.models.nbody.kernel.blocks import (
    PART,
    POSITION_CARRY,
    VELOCITY_CARRY,
    offset,
    write_row,
)
from sim.models.nbody.kernel.forces import added

if TYPE_CHECKING:
    from sim.models.nbody.kernel.system import NBodyBuffers, NBodySystem

__all__ = ["advance_pair"]


@inner
def advance_pair(
    system: NBodySystem, buffers: NBodyBuffers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    drifts, kicks, dt = system.drifts, system.kicks, system.dt
    rows, free, work = buffers.rows, buffers.free, buffers.work
    mu_a, mu_b, row = system.mu[0], system.mu[1], free[0]
    new = row - 1
    before = rows[0, new, TIME]
    xa, ya, za = rows[0, new, X], rows[0, new, Y], rows[0, new, Z]
    xb, yb, zb = rows[1, new, X], rows[1, new, Y], rows[1, new, Z]
    ua, va, wa = rows[0, new, VX], rows[0, new, VY], rows[0, new, VZ]
    ub, vb, wb = rows[1, new, VX], rows[1, new, VY], rows[1, new, VZ]
    i, j = offset(0), offset(1)
    # Carries: of x, y and z (c) and of their velocities (k).
    cxa, cya, cza = (
        work[i + POSITION_CARRY],
        work[i + POSITION_CARRY + PART],
        work[i + POSITION_CARRY + PART + PART],
    )
    cxb, cyb, czb = (
        work[j + POSITION_CARRY],
        work[j + POSITION_CARRY + PART],
        work[j + POSITION_CARRY + PART + PART],
    )
    kua, kva, kwa = (
        work[i + VELOCITY_CARRY],
        work[i + VELOCITY_CARRY + PART],
        work[i + VELOCITY_CARRY + PART + PART],
    )
    kub, kvb, kwb = (
        work[j + VELOCITY_CARRY],
        work[j + VELOCITY_CARRY + PART],
        work[j + VELOCITY_CARRY + PART + PART],
    )
    for iteration in range(first, first + count):
        h = drifts[0]
        xa, cxa = added(xa, cxa, h * ua)
        ya, cya = added(ya, cya, h * va)
        za, cza = added(za, cza, h * wa)
        xb, cxb = added(xb, cxb, h * ub)
        yb, cyb = added(yb, cyb, h * vb)
        zb, czb = added(zb, czb, h * wb)
        for stage in range(kicks.size):
            dx, dy, dz = xb - xa, yb - ya, zb - za
            r2 = (dx * dx + dy * dy) + dz * dz
            r3 = r2 * math.sqrt(r2)
            k, h = kicks[stage], drifts[stage + 1]
            # Sums start with 0.0, which -0.0 does not survive.
            pxa = pya = pza = pxb = pyb = pzb = 0.0
            if mu_b != 0.0:
                if r3 == 0.0:
                    free[0] = row
                    return iteration - first, COLLISION, 0, 1
                w = mu_b / r3
                pxa += w * dx
                pya += w * dy
                pza += w * dz
            if mu_a != 0.0:
                if r3 == 0.0:
                    free[0] = row
                    return iteration - first, COLLISION, 1, 0
                w = mu_a / r3
                pxb += w * -dx
                pyb += w * -dy
                pzb += w * -dz
            ua, kua = added(ua, kua, k * pxa)
            va, kva = added(va, kva, k * pya)
            wa, kwa = added(wa, kwa, k * pza)
            ub, kub = added(ub, kub, k * pxb)
            vb, kvb = added(vb, kvb, k * pyb)
            wb, kwb = added(wb, kwb, k * pzb)
            xa, cxa = added(xa, cxa, h * ua)
            ya, cya = added(ya, cya, h * va)
            za, cza = added(za, cza, h * wa)
            xb, cxb = added(xb, cxb, h * ub)
            yb, cyb = added(yb, cyb, h * vb)
            zb, czb = added(zb, czb, h * wb)
        time = (iteration + 1) * dt
        if time == before:
            free[0] = row
            return iteration - first, STANDSTILL, 0, 0
        before = time
        write_row(rows, 0, row, time, iteration, xa, ya, za, ua, va, wa)
        write_row(rows, 1, row, time, iteration, xb, yb, zb, ub, vb, wb)
        row += 1
    free[0] = row
    work[i + POSITION_CARRY] = cxa
    work[i + POSITION_CARRY + PART] = cya
    work[i + POSITION_CARRY + PART + PART] = cza
    work[j + POSITION_CARRY] = cxb
    work[j + POSITION_CARRY + PART] = cyb
    work[j + POSITION_CARRY + PART + PART] = czb
    work[i + VELOCITY_CARRY] = kua
    work[i + VELOCITY_CARRY + PART] = kva
    work[i + VELOCITY_CARRY + PART + PART] = kwa
    work[j + VELOCITY_CARRY] = kub
    work[j + VELOCITY_CARRY + PART] = kvb
    work[j + VELOCITY_CARRY + PART + PART] = kwb
    return count, OK, 0, 0
