"""Finds where a window of time begins and ends, in the iterations after a checkpoint."""

from __future__ import annotations

import math

from sim.engine.kernel.chunk import advance, buffers_of
from sim.engine.kernel.layout import (
    OK,
    TIME,
    Floats,
    Integers,
    Parameters,
    System,
    discard_old_rows,
    store_ring,
)
from sim.jit import compiled, inner

__all__ = ["seek"]


@inner
def _clocks(rows: Floats, free: Integers) -> tuple[float, float]:
    """Return the earliest and the latest clock."""
    lowest, highest = math.inf, -math.inf
    for a in range(free.size):
        lowest = min(lowest, rows[a, free[a] - 1, TIME])
        highest = max(highest, rows[a, free[a] - 1, TIME])
    return lowest, highest


@compiled
def seek(
    system: System, steps: Integers, ring: Floats, count: int, t0: float, t1: float
) -> tuple[int, int, int]:
    """Integrate at most `count` iterations, until all clocks are past the window [t0, t1].

    Steps and ring are left at the last multiple of the chunk before the window. Returns the number
    of iterations before that, the number up to the first multiple after the window, and the
    outcome.
    """
    going = steps.copy()
    stride = min(system.chunk, count)
    buffers = buffers_of(system, going, ring, stride)
    parameters = Parameters(
        system.dt_min, system.dt_span, system.epsilon, system.seed, system.member
    )
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    before, done = 0, 0
    while done < count:
        size = min(stride, count - done)
        good, outcome, _, _ = advance(
            system, parameters, buffers, mu, rows, free, draws, going, done, size
        )
        if outcome != OK:
            return before, done + good, outcome
        discard_old_rows(rows, free)
        done += size
        lowest, highest = _clocks(rows, free)
        if highest < t0:
            before = done
            store_ring(rows, free, ring)
            steps[:] = going
        if lowest > t1:
            break
    return before, done, OK
