"""Iterations of any number of agents: a step costs what its pairs with massive agents cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sim.engine.kernel.layout import (
    COLLISION,
    ITERATION,
    OK,
    READ,
    SEEN,
    STANDSTILL,
    STEP,
    TIME,
    VX,
    VY,
    X,
    Y,
)
from sim.engine.kernel.philox import AHEAD, draw_ahead
from sim.jit import inner

if TYPE_CHECKING:
    from sim.engine.kernel.layout import Floats, Integers, Lanes, World

__all__ = ["advance_many"]

_FEW: Final = 8  # massive agents: to make vectors of them costs more than it saves
_CROWD: Final = 100  # agents: to make vectors of fewer clocks does

# Of each massive agent: where its newest record begins, and the one before; where the newest
# three say that it is.
_FROM_0, _FROM_1, _X_0, _Y_0, _X_1, _Y_1, _X_2, _Y_2 = range(SEEN)


@inner
def _look_around(massive: Integers, lanes: Lanes) -> None:
    """Gather the clocks and the massive agents' records from the lanes."""
    rows, free, clocks, seen = lanes.rows, lanes.free, lanes.clocks, lanes.seen
    for a in range(len(free)):
        clocks[a] = rows[a, free[a] - 1, TIME]
    for g in range(len(massive)):
        b = massive[g]
        newest = free[b] - 1
        seen[_FROM_0, g] = rows[b, newest - 1, TIME]
        seen[_FROM_1, g] = rows[b, newest - 2, TIME]
        seen[_X_0, g], seen[_Y_0, g] = rows[b, newest, X], rows[b, newest, Y]
        seen[_X_1, g], seen[_Y_1, g] = rows[b, newest - 1, X], rows[b, newest - 1, Y]
        seen[_X_2, g], seen[_Y_2, g] = rows[b, newest - 2, X], rows[b, newest - 2, Y]


@inner
def _see(seen: Floats, g: int, begins: float, x: float, y: float) -> None:
    """Take in a massive agent's new record."""
    seen[_X_2, g], seen[_Y_2, g] = seen[_X_1, g], seen[_Y_1, g]
    seen[_X_1, g], seen[_Y_1, g] = seen[_X_0, g], seen[_Y_0, g]
    seen[_X_0, g], seen[_Y_0, g] = x, y
    seen[_FROM_1, g], seen[_FROM_0, g] = seen[_FROM_0, g], begins


@inner
def _earliest(clocks: Floats) -> float:
    """Return the clock that is furthest behind: who would read at or after it waits."""
    earliest: float = clocks[0]
    for a in range(1, len(clocks) - 1):
        earliest = min(earliest, clocks[a])
    return earliest


@inner
def _earliest_of_crowd(clocks: Floats, ticks: Integers) -> float:
    """Return the same for many agents.

    `ticks` are the clocks' bits. No clock is below 0.0 (-0.0 coming before it does not matter), so
    they have its order; and of integers LLVM makes a minimum by vectors, of floats not.
    """
    agents = len(clocks) - 1
    lowest = ticks[0]
    for a in range(1, agents):
        lowest = min(lowest, ticks[a])
    ticks[agents] = lowest
    earliest: float = clocks[agents]
    return earliest


@inner
def _reach_out(seen: Floats, dx: Floats, dy: Floats, q: float, x: float, y: float) -> None:
    """Write how far away each massive agent is, read at q."""
    for g in range(dx.size):
        newest, second = q >= seen[_FROM_0, g], q >= seen[_FROM_1, g]
        dx[g] = (seen[_X_0, g] if newest else (seen[_X_1, g] if second else seen[_X_2, g])) - x
        dy[g] = (seen[_Y_0, g] if newest else (seen[_Y_1, g] if second else seen[_Y_2, g])) - y


@inner
def _pull(mu: Floats, dx: Floats, dy: Floats, own: int) -> bool:
    """Turn distances into what they accelerate by; return whether nobody is met."""
    apart = True
    for g in range(dx.size):
        r2 = dx[g] * dx[g] + dy[g] * dy[g]
        # Nobody pulls itself: dx and dy are 0 then and, with 1 for r3, so is the pull. To add it
        # changes no bit, because a sum that begins with 0.0 is never -0.0.
        r3 = 1.0 if g == own else r2 * math.sqrt(r2)
        apart &= r3 != 0.0
        dx[g] = mu[g] * dx[g] / r3
        dy[g] = mu[g] * dy[g] / r3
    return apart


@inner
def _pulled_by_few(
    seen: Floats, mu: Floats, own: int, q: float, x: float, y: float
) -> tuple[bool, float, float]:
    """Return whether nobody is met, and the acceleration: at once, for no more than a vector."""
    apart = True
    ax = ay = 0.0
    for g in range(len(mu)):
        if g == own:
            continue
        newest, second = q >= seen[_FROM_0, g], q >= seen[_FROM_1, g]
        dx = (seen[_X_0, g] if newest else (seen[_X_1, g] if second else seen[_X_2, g])) - x
        dy = (seen[_Y_0, g] if newest else (seen[_Y_1, g] if second else seen[_Y_2, g])) - y
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        apart &= r3 != 0.0
        ax += mu[g] * dx / r3
        ay += mu[g] * dy / r3
    return apart, ax, ay


@inner
def _met(seen: Floats, own: int, q: float, x: float, y: float) -> int:
    """Return which of the massive agents is the first at r3 == 0; there is one."""
    for g in range(seen.shape[1]):
        depth = 0 if q >= seen[_FROM_0, g] else (1 if q >= seen[_FROM_1, g] else 2)
        dx = seen[_X_0 + 2 * depth, g] - x
        dy = seen[_Y_0 + 2 * depth, g] - y
        r2 = dx * dx + dy * dy
        if g != own and r2 * math.sqrt(r2) == 0.0:
            return g
    return -1


@inner
def _read(rows: Floats, free: Integers, b: int, q: float) -> int:
    """Return which of b's rows is the newest that holds q."""
    newest = free[b] - 1
    # A sum of comparisons, not branches: which of the rows it is can't be foreseen.
    row: int = newest - (q < rows[b, newest - 1, TIME]) - (q < rows[b, newest - 2, TIME])
    return row


@inner
def advance_many(
    world: World, lanes: Lanes, steps: Integers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Go on for `count` iterations, numbered from `first`.

    Returns the good iterations, the outcome, and the one or two agents that it concerns; whether
    all states stayed finite is left to whoever calls.
    """
    dt_min, dt_span, epsilon, seed = world.dt_min, world.dt_span, world.epsilon, world.seed
    massive, primary = world.massive, world.primary
    rows, free, draws, place, mu = lanes.rows, lanes.free, lanes.draws, lanes.place, lanes.mu
    clocks, ticks, seen = lanes.clocks, lanes.ticks, lanes.seen
    pulls_x, pulls_y = lanes.pulls[0], lanes.pulls[1]
    few, crowd = len(mu) <= _FEW, len(free) >= _CROWD
    _look_around(massive, lanes)
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
            own = place[a]
            if few:
                apart, ax, ay = _pulled_by_few(seen, mu, own, q, x, y)
            else:
                _reach_out(seen, pulls_x, pulls_y, q, x, y)
                apart = _pull(mu, pulls_x, pulls_y, own)
                ax = ay = 0.0
                for g in range(len(mu)):
                    ax += pulls_x[g]
                    ay += pulls_y[g]
            if not apart:
                return i, COLLISION, a, massive[_met(seen, own, q, x, y)]
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
            rows[a, row, READ] = _read(rows, free, max(0, primary[a]), q)  # no primary: not used
            if (k + 1) & (AHEAD - 1) == 0:
                draw_ahead(seed, a, (k + 1) >> 2, draws)
            if own >= 0:
                _see(seen, own, t, x, y)
            free[a] = row + 1
            steps[a] = k + 1
            clocks[a] = time
            if t == earliest:
                earliest = _earliest_of_crowd(clocks, ticks) if crowd else _earliest(clocks)
        if waiting:
            return i, STANDSTILL, 0, 0
    return count, OK, 0, 0
