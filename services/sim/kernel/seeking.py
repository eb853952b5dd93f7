"""Finds where a window of time begins and ends, in the iterations after a checkpoint."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.jit import compiled, inner
from sim.kernel.layout import OK, TIME, discard_old_rows
from sim.kernel.stepper import advance, close_buffers, open_buffers

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers, System

__all__ = ["seek"]


@inner
def _clocks(rows: Floats, free: Integers) -> tuple[float, float]:
    """Return the earliest and the latest clock."""
    lowest, highest = math.inf, -math.inf
    for a in range(len(free)):
        lowest = min(lowest, rows[a, free[a] - 1, TIME])
        highest = max(highest, rows[a, free[a] - 1, TIME])
    return lowest, highest


@compiled
def seek(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    count: int,
    t0: float,
    t1: float,
) -> tuple[int, int, int]:
    """Integrate at most `count` iterations from `first`, until all clocks are past [t0, t1].

    Steps, ring and carry are left at the last multiple of the chunk before the window. Returns the
    number of iterations before that, the number up to the first multiple after the window, and the
    outcome.
    """
    going = steps.copy()
    stride = min(system.chunk, count)
    buffers = open_buffers(system, going, ring, carry, stride)
    rows, free = buffers.rows, buffers.free
    before, done = 0, 0
    while done < count:
        size = min(stride, count - done)
        good, outcome, _, _ = advance(system, buffers, going, first + done, size)
        if outcome != OK:
            return before, done + good, outcome
        discard_old_rows(rows, free)
        done += size
        lowest, highest = _clocks(rows, free)
        if highest < t0:
            before = done
            close_buffers(system, buffers, ring, carry)
            steps[:] = going
        if lowest > t1:
            break
    return before, done, OK
