"""A step of massless agents of many members, which massive agents that move alike attract."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import leaf
from sim.models.nbody.kernel.forces import added
from sim.models.nbody.kernel.lanes.system import (
    AX,
    AY,
    AZ,
    BEFORE,
    CU,
    CV,
    CW,
    CX,
    CY,
    CZ,
    EIGHT,
    WIDTH,
    U,
    V,
    W,
    X,
    Y,
    Z,
    offset,
)

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = [
    "drift_element",
    "drift_tile",
    "is_finite_tile",
    "kick_and_drift_tile",
    "kick_element",
    "step_particles",
]

_ONE: Final = 1  # massive agent, whose pull goes to the velocity at once
_TWO: Final = 2  # massive agents, which have a loop of their own


@leaf
def drift_element(work: Floats, i: np.uint64, h: float) -> None:
    """Move a position along its velocity."""
    work[i + X], work[i + CX] = added(work[i + X], work[i + CX], h * work[i + U])
    work[i + Y], work[i + CY] = added(work[i + Y], work[i + CY], h * work[i + V])
    work[i + Z], work[i + CZ] = added(work[i + Z], work[i + CZ], h * work[i + W])


@leaf
def kick_element(work: Floats, i: np.uint64, h: float, ax: float, ay: float, az: float) -> None:
    """Change a velocity along an acceleration."""
    work[i + U], work[i + CU] = added(work[i + U], work[i + CU], h * ax)
    work[i + V], work[i + CV] = added(work[i + V], work[i + CV], h * ay)
    work[i + W], work[i + CW] = added(work[i + W], work[i + CW], h * az)


@leaf
def _remember(work: Floats, i: np.uint64) -> None:
    """Keep what a step begins with."""
    b = i + BEFORE
    work[b + X], work[b + Y], work[b + Z] = work[i + X], work[i + Y], work[i + Z]
    work[b + U], work[b + V], work[b + W] = work[i + U], work[i + V], work[i + W]
    work[b + CX], work[b + CY], work[b + CZ] = work[i + CX], work[i + CY], work[i + CZ]
    work[b + CU], work[b + CV], work[b + CW] = work[i + CU], work[i + CV], work[i + CW]


@leaf
def drift_tile(work: Floats, base: np.uint64, eights: int, h: float) -> None:
    """Begin a step of a tile: move its positions along the velocities."""
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        _remember(work, i)
        drift_element(work, i, h)


@leaf
def kick_and_drift_tile(
    work: Floats, base: np.uint64, eights: int, kick: float, drift: float
) -> None:
    """Change a tile's velocities along the accelerations, then move its positions."""
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        kick_element(work, i, kick, work[i + AX], work[i + AY], work[i + AZ])
        drift_element(work, i, drift)


@leaf
def _pull_of(
    work: Floats, i: np.uint64, mu: float, x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Return a massive agent's pull on an element."""
    dx, dy, dz = x - work[i + X], y - work[i + Y], z - work[i + Z]
    r2 = (dx * dx + dy * dy) + dz * dz
    pull = mu / (r2 * math.sqrt(r2))
    # Sums start with 0.0, which -0.0 does not survive.
    return 0.0 + pull * dx, 0.0 + pull * dy, 0.0 + pull * dz


@leaf
def _kick_and_drift(
    work: Floats, i: np.uint64, kick: float, drift: float, pull: tuple[float, float, float]
) -> None:
    """Change a velocity along a pull, then move the position."""
    kick_element(work, i, kick, pull[0], pull[1], pull[2])
    drift_element(work, i, drift)


@leaf
def _stage_of_one(
    work: Floats,
    base: np.uint64,
    eights: int,
    mu: float,
    x: float,
    y: float,
    z: float,
    kick: float,
    drift: float,
) -> None:
    """Pull a tile to one massive agent, then move its positions."""
    if eights == WIDTH // EIGHT:
        _stage_of_full_tile(work, base, mu, x, y, z, kick, drift)
        return
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        _kick_and_drift(work, i, kick, drift, _pull_of(work, i, mu, x, y, z))


@leaf
def _stage_of_full_tile(
    work: Floats,
    base: np.uint64,
    mu: float,
    x: float,
    y: float,
    z: float,
    kick: float,
    drift: float,
) -> None:
    """As `_stage_of_one` of all eights: while one moves, the roots and quotients of others go on.

    A processor does not look so far ahead by itself.
    """
    for lane in range(EIGHT):
        i = base + np.uint64(lane)
        j, k, m = i + np.uint64(EIGHT), i + np.uint64(2 * EIGHT), i + np.uint64(3 * EIGHT)
        of_i = _pull_of(work, i, mu, x, y, z)
        of_j = _pull_of(work, j, mu, x, y, z)
        _kick_and_drift(work, i, kick, drift, of_i)
        of_k = _pull_of(work, k, mu, x, y, z)
        _kick_and_drift(work, j, kick, drift, of_j)
        of_m = _pull_of(work, m, mu, x, y, z)
        _kick_and_drift(work, k, kick, drift, of_k)
        _kick_and_drift(work, m, kick, drift, of_m)


@leaf
def _pull_tile(
    work: Floats, base: np.uint64, eights: int, mu: float, x: float, y: float, z: float
) -> None:
    """Add a massive agent's pull to a tile's accelerations."""
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        dx, dy, dz = x - work[i + X], y - work[i + Y], z - work[i + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        pull = mu / (r2 * math.sqrt(r2))
        work[i + AX] += pull * dx
        work[i + AY] += pull * dy
        work[i + AZ] += pull * dz


@leaf
def is_finite_tile(work: Floats, base: np.uint64, eights: int) -> bool:
    """Return whether all positions of a tile are finite.

    A velocity that is not shows there, because each step ends with a drift.
    """
    total = 0
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        x, y, z = work[i + X], work[i + Y], work[i + Z]
        # inf - inf and nan - nan are nan.
        total += (x - x) + (y - y) + (z - z) != 0.0
    return total == 0


@leaf
def _move_one(work: Floats, base: np.uint64, path: Floats, drifts: Floats, kicks: Floats) -> None:
    """Move the only massive agent by a step: nothing attracts it."""
    _remember(work, base)
    x, y, z = work[base + X], work[base + Y], work[base + Z]
    u, v, w = work[base + U], work[base + V], work[base + W]
    cx, cy, cz = work[base + CX], work[base + CY], work[base + CZ]
    cu, cv, cw = work[base + CU], work[base + CV], work[base + CW]
    h = drifts[0]
    x, cx = added(x, cx, h * u)
    y, cy = added(y, cy, h * v)
    z, cz = added(z, cz, h * w)
    for stage in range(kicks.size):
        path[stage, 0, 0], path[stage, 0, 1], path[stage, 0, 2] = x, y, z
        nothing, h = kicks[stage] * 0.0, drifts[stage + 1]
        u, cu = added(u, cu, nothing)
        v, cv = added(v, cv, nothing)
        w, cw = added(w, cw, nothing)
        x, cx = added(x, cx, h * u)
        y, cy = added(y, cy, h * v)
        z, cz = added(z, cz, h * w)
    work[base + X], work[base + Y], work[base + Z] = x, y, z
    work[base + U], work[base + V], work[base + W] = u, v, w
    work[base + CX], work[base + CY], work[base + CZ] = cx, cy, cz
    work[base + CU], work[base + CV], work[base + CW] = cu, cv, cw


@leaf
def _note(work: Floats, i: np.uint64, path: Floats, stage: int, g: int) -> None:
    """Note where a massive agent is when it attracts."""
    path[stage, g, 0], path[stage, g, 1], path[stage, g, 2] = work[i + X], work[i + Y], work[i + Z]


@leaf
def _move_two(
    work: Floats, a: np.uint64, attracting: Floats, path: Floats, drifts: Floats, kicks: Floats
) -> None:
    """Move the only two massive agents by a step."""
    b = a + np.uint64(1)
    _remember(work, a)
    _remember(work, b)
    drift_element(work, a, drifts[0])
    drift_element(work, b, drifts[0])
    for stage in range(kicks.size):
        _note(work, a, path, stage, 0)
        _note(work, b, path, stage, 1)
        dx, dy, dz = work[b + X] - work[a + X], work[b + Y] - work[a + Y], work[b + Z] - work[a + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        r3 = r2 * math.sqrt(r2)
        to, back, kick, drift = (
            attracting[1] / r3, attracting[0] / r3, kicks[stage], drifts[stage + 1]
        )  # fmt: skip
        kick_element(work, a, kick, 0.0 + to * dx, 0.0 + to * dy, 0.0 + to * dz)
        kick_element(work, b, kick, 0.0 + back * -dx, 0.0 + back * -dy, 0.0 + back * -dz)
        drift_element(work, a, drift)
        drift_element(work, b, drift)


@leaf
def _pull_common(
    work: Floats,
    base: np.uint64,
    eights: int,
    mu: float,
    x: float,
    y: float,
    z: float,
    own: int,
) -> None:
    """Add the pull of a massive agent in common, at place `own` of the tile, to those in common."""
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        dx, dy, dz = x - work[i + X], y - work[i + Y], z - work[i + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        # An agent does not attract itself: dx is 0 and, with r3 = 1, so is the term. Adding it
        # changes no bit, because a sum that starts with 0.0 is never -0.0.
        r3 = 1.0 if lane == own else r2 * math.sqrt(r2)
        pull = mu / r3
        work[i + AX] += pull * dx
        work[i + AY] += pull * dy
        work[i + AZ] += pull * dz


@leaf
def _rest(work: Floats, base: np.uint64, eights: int) -> None:
    """Begin sums of accelerations."""
    for lane in range(eights * EIGHT):
        i = base + np.uint64(lane)
        work[i + AX] = 0.0
        work[i + AY] = 0.0
        work[i + AZ] = 0.0


@leaf
def _eights(elements: int, first: int) -> int:
    """Return the eights of elements in the tile that begins with `first`."""
    return min(WIDTH, elements - first + EIGHT - 1) // EIGHT


@leaf
def _move_common(
    work: Floats, common: int, attracting: Floats, path: Floats, drifts: Floats, kicks: Floats
) -> None:
    """Move the massive agents in common by a step, and note where they are when they attract."""
    massive = attracting.size
    for first in range(0, massive, WIDTH):
        drift_tile(work, offset(common + first), _eights(massive, first), drifts[0])
    for stage in range(kicks.size):
        for g in range(massive):
            _note(work, offset(common + g), path, stage, g)
        for first in range(0, massive, WIDTH):
            base, eights = offset(common + first), _eights(massive, first)
            _rest(work, base, eights)
            for g in range(massive):
                x, y, z = path[stage, g, 0], path[stage, g, 1], path[stage, g, 2]
                _pull_common(work, base, eights, attracting[g], x, y, z, g - first)
        for first in range(0, massive, WIDTH):
            base, eights = offset(common + first), _eights(massive, first)
            kick_and_drift_tile(work, base, eights, kicks[stage], drifts[stage + 1])


@leaf
def step_particles(
    work: Floats,
    live: Integers,
    elements: int,
    common: int,
    attracting: Floats,
    path: Floats,
    drifts: Floats,
    kicks: Floats,
) -> bool:
    """Compute a step of all elements, whose massive agents are in common.

    Returns whether all are finite then, which they are not after a collision.
    """
    massive = attracting.size
    if massive == _ONE:
        _move_one(work, offset(common), path, drifts, kicks)
    elif massive == _TWO:
        _move_two(work, offset(common), attracting, path, drifts, kicks)
    else:
        _move_common(work, common, attracting, path, drifts, kicks)
    finite = True
    for first in range(0, massive, WIDTH):
        finite &= is_finite_tile(work, offset(common + first), _eights(massive, first))
    for tile in range(live.size):
        if live[tile] == 0:
            continue
        base, eights = offset(tile * WIDTH), _eights(elements, tile * WIDTH)
        drift_tile(work, base, eights, drifts[0])
        for stage in range(kicks.size):
            kick, drift = kicks[stage], drifts[stage + 1]
            if massive == _ONE:
                x, y, z = path[stage, 0, 0], path[stage, 0, 1], path[stage, 0, 2]
                _stage_of_one(work, base, eights, attracting[0], x, y, z, kick, drift)
                continue
            _rest(work, base, eights)
            for g in range(massive):
                x, y, z = path[stage, g, 0], path[stage, g, 1], path[stage, g, 2]
                _pull_tile(work, base, eights, attracting[g], x, y, z)
            kick_and_drift_tile(work, base, eights, kick, drift)
        finite &= is_finite_tile(work, base, eights)
    return finite
