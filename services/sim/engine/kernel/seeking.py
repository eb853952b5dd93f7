"""Where a window begins and ends, within the iterations after a checkpoint."""

from __future__ import annotations

import math

from sim.engine.kernel.integrate import advance, lanes_of
from sim.engine.kernel.layout import OK, TIME, Floats, Integers, Pace, World, forget, lift
from sim.jit import compiled, inner

__all__ = ["seek"]


@inner
def _clocks(rows: Floats, free: Integers) -> tuple[float, float]:
    """Return the earliest clock and the latest."""
    lowest, highest = math.inf, -math.inf
    for a in range(free.size):
        lowest = min(lowest, rows[a, free[a] - 1, TIME])
        highest = max(highest, rows[a, free[a] - 1, TIME])
    return lowest, highest


@compiled
def seek(
    world: World, steps: Integers, ring: Floats, count: int, t0: float, t1: float
) -> tuple[int, int, int]:
    """Go over at most `count` iterations, until the window [t0, t1] is past.

    Steps and ring are left as they were at the last stride before the window, a power of two of
    iterations. Returns how many iterations come before that, how many until the next stride
    after the window, and the outcome.
    """
    going = steps.copy()
    stride = min(world.chunk, count)
    lanes = lanes_of(world, going, ring, stride)
    pace = Pace(world.dt_min, world.dt_span, world.epsilon, world.seed)
    mu, rows, free, draws = world.mu, lanes.rows, lanes.free, lanes.draws
    before, done = 0, 0
    while done < count:
        size = min(stride, count - done)
        good, outcome, _, _ = advance(world, pace, lanes, mu, rows, free, draws, going, done, size)
        if outcome != OK:
            return before, done + good, outcome
        forget(rows, free)
        done += size
        lowest, highest = _clocks(rows, free)
        if highest < t0:
            before = done
            lift(rows, free, ring)
            steps[:] = going
        if lowest > t1:
            break
    return before, done, OK
