"""Iterations of any number of agents; a step costs time in proportion to the massive agents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

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
from sim.models.nano.kernel.philox import AHEAD, draw_ahead
from sim.models.nano.kernel.system import ATTRACTOR_FIELDS

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers
    from sim.models.nano.kernel.system import NanoBuffers, NanoSystem

__all__ = ["advance_many"]

_FEW: Final = 8  # massive agents: vectorising over so few costs more than it saves
_CROWD: Final = 100  # agents: vectorising over fewer clocks costs more than it saves

# Of each massive agent: the times at which its newest record and the one before begin, and its
# positions in the newest three records.
_FROM_0, _FROM_1, _X_0, _Y_0, _X_1, _Y_1, _X_2, _Y_2 = range(ATTRACTOR_FIELDS)


@inner
def _gather(massive: Integers, buffers: NanoBuffers) -> None:
    """Gather the clocks, and the massive agents' records, from the buffers."""
    rows, free, clocks, attractors = buffers.rows, buffers.free, buffers.clocks, buffers.attractors
    for a in range(len(free)):
        clocks[a] = rows[a, free[a] - 1, TIME]
    for g in range(len(massive)):
        b = massive[g]
        newest = free[b] - 1
        attractors[_FROM_0, g] = rows[b, newest - 1, TIME]
        attractors[_FROM_1, g] = rows[b, newest - 2, TIME]
        attractors[_X_0, g], attractors[_Y_0, g] = rows[b, newest, X], rows[b, newest, Y]
        attractors[_X_1, g], attractors[_Y_1, g] = rows[b, newest - 1, X], rows[b, newest - 1, Y]
        attractors[_X_2, g], attractors[_Y_2, g] = rows[b, newest - 2, X], rows[b, newest - 2, Y]


@inner
def _push_record(attractors: Floats, g: int, begins: float, x: float, y: float) -> None:
    """Insert a massive agent's new record."""
    attractors[_X_2, g], attractors[_Y_2, g] = attractors[_X_1, g], attractors[_Y_1, g]
    attractors[_X_1, g], attractors[_Y_1, g] = attractors[_X_0, g], attractors[_Y_0, g]
    attractors[_X_0, g], attractors[_Y_0, g] = x, y
    attractors[_FROM_1, g], attractors[_FROM_0, g] = attractors[_FROM_0, g], begins


@inner
def _earliest(clocks: Floats) -> float:
    """Return the earliest clock: an agent that would read at or after it waits."""
    earliest: float = clocks[0]
    for a in range(1, len(clocks) - 1):
        earliest = min(earliest, clocks[a])
    return earliest


@inner
def _earliest_of_crowd(clocks: Floats, clock_bits: Integers) -> float:
    """Return the earliest clock of many agents.

    `clock_bits` are the clocks' bits. No clock is below 0.0 (it does not matter that -0.0 sorts
    first), so integers and floats have the same order; LLVM vectorises the minimum of integers
    but not that of floats.
    """
    agents = len(clocks) - 1
    lowest = clock_bits[0]
    for a in range(1, agents):
        lowest = min(lowest, clock_bits[a])
    clock_bits[agents] = lowest
    earliest: float = clocks[agents]
    return earliest


@inner
def _separations(attractors: Floats, dx: Floats, dy: Floats, q: float, x: float, y: float) -> None:
    """Write the vectors from (x, y) to each massive agent, as read at time q."""
    for g in range(dx.size):
        newest, second = q >= attractors[_FROM_0, g], q >= attractors[_FROM_1, g]
        dx[g] = (
            attractors[_X_0, g]
            if newest
            else (attractors[_X_1, g] if second else attractors[_X_2, g])
        ) - x
        dy[g] = (
            attractors[_Y_0, g]
            if newest
            else (attractors[_Y_1, g] if second else attractors[_Y_2, g])
        ) - y


@inner
def _accelerations(mu: Floats, dx: Floats, dy: Floats, own: int) -> bool:
    """Turn separations into accelerations, in place; return whether there is no collision."""
    apart = True
    for g in range(dx.size):
        r2 = dx[g] * dx[g] + dy[g] * dy[g]
        # An agent does not attract itself: dx and dy are 0 and, with r3 = 1, so is the term.
        # Adding it changes no bit, because a sum that starts with 0.0 is never -0.0.
        r3 = 1.0 if g == own else r2 * math.sqrt(r2)
        apart &= r3 != 0.0
        dx[g] = mu[g] * dx[g] / r3
        dy[g] = mu[g] * dy[g] / r3
    return apart


@inner
def _acceleration_by_few(
    attractors: Floats, mu: Floats, own: int, q: float, x: float, y: float
) -> tuple[bool, float, float]:
    """Return whether there is no collision, and the acceleration, in one scalar loop."""
    apart = True
    ax = ay = 0.0
    for g in range(len(mu)):
        if g == own:
            continue
        newest, second = q >= attractors[_FROM_0, g], q >= attractors[_FROM_1, g]
        dx = (
            attractors[_X_0, g]
            if newest
            else (attractors[_X_1, g] if second else attractors[_X_2, g])
        ) - x
        dy = (
            attractors[_Y_0, g]
            if newest
            else (attractors[_Y_1, g] if second else attractors[_Y_2, g])
        ) - y
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        apart &= r3 != 0.0
        ax += mu[g] * dx / r3
        ay += mu[g] * dy / r3
    return apart, ax, ay


@inner
def _colliding(attractors: Floats, own: int, q: float, x: float, y: float) -> int:
    """Return the index of the first massive agent at r3 == 0; one exists."""
    for g in range(attractors.shape[1]):
        depth = 0 if q >= attractors[_FROM_0, g] else (1 if q >= attractors[_FROM_1, g] else 2)
        dx = attractors[_X_0 + 2 * depth, g] - x
        dy = attractors[_Y_0 + 2 * depth, g] - y
        r2 = dx * dx + dy * dy
        if g != own and r2 * math.sqrt(r2) == 0.0:
            return g
    return -1


@inner
def _row_at(rows: Floats, free: Integers, b: int, q: float) -> int:
    """Return the newest row of b that holds q."""
    newest = free[b] - 1
    # A sum of comparisons instead of branches, which would be mispredicted.
    row: int = newest - (q < rows[b, newest - 1, TIME]) - (q < rows[b, newest - 2, TIME])
    return row


@inner
def advance_many(
    system: NanoSystem, buffers: NanoBuffers, steps: Integers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    caller checks that all states are finite.
    """
    dt_min, dt_span, epsilon, seed, member = system.parameters
    massive, primary = system.massive, system.primary
    rows, free, draws, massive_index, mu = (
        buffers.rows,
        buffers.free,
        buffers.draws,
        buffers.massive_index,
        buffers.mu,
    )
    clocks, clock_bits, attractors = buffers.clocks, buffers.clock_bits, buffers.attractors
    pulls_x, pulls_y = buffers.pulls[0], buffers.pulls[1]
    few, crowd = len(mu) <= _FEW, len(free) >= _CROWD
    _gather(massive, buffers)
    earliest = _earliest(clocks)
    for i in range(count):
        waiting = True
        for a in range(len(free)):
            t = clocks[a]
            q = t - epsilon
            if q >= earliest:
                continue
            waiting = False
            row = free[a]
            h, x, y = rows[a, row - 1, STEP], rows[a, row - 1, X], rows[a, row - 1, Y]
            own = massive_index[a]
            if few:
                apart, ax, ay = _acceleration_by_few(attractors, mu, own, q, x, y)
            else:
                _separations(attractors, pulls_x, pulls_y, q, x, y)
                apart = _accelerations(mu, pulls_x, pulls_y, own)
                ax = ay = 0.0
                for g in range(len(mu)):
                    ax += pulls_x[g]
                    ay += pulls_y[g]
            if not apart:
                return i, COLLISION, a, massive[_colliding(attractors, own, q, x, y)]
            vx = rows[a, row - 1, VX] + ax * h
            vy = rows[a, row - 1, VY] + ay * h
            x += vx * h
            y += vy * h
            time = t + h
            k = steps[a]
            rows[a, row, TIME] = time
            rows[a, row, STEP] = dt_min + draws[a, k & (AHEAD - 1)] * dt_span
            rows[a, row, X] = x
            rows[a, row, Y] = y
            rows[a, row, VX] = vx
            rows[a, row, VY] = vy
            rows[a, row, ITERATION] = first + i
            rows[a, row, READ] = _row_at(rows, free, max(0, primary[a]), q)  # no primary: not used
            if (k + 1) & (AHEAD - 1) == 0:
                draw_ahead(seed, member, a, (k + 1) >> 2, draws)
            if own >= 0:
                _push_record(attractors, own, t, x, y)
            free[a] = row + 1
            steps[a] = k + 1
            clocks[a] = time
            if t == earliest:
                earliest = _earliest_of_crowd(clocks, clock_bits) if crowd else _earliest(clocks)
        if waiting:
            return i, STANDSTILL, 0, 0
    return count, OK, 0, 0
