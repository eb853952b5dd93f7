"""The records of an integration, written out in the order of computation: any model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.jit import compiled, inner
from sim.kernel.layout import (
    HISTORY,
    ITERATION,
    OK,
    SPACE,
    STEP,
    TIME,
    VX,
    VY,
    VZ,
    X,
    Y,
    Z,
    discard_old_rows,
)
from sim.kernel.stepper import advance, close_buffers, open_buffers

if TYPE_CHECKING:
    from sim.kernel.layout import Buffers, Floats, Integers, System

__all__ = ["emit"]


@inner
def _new_rows(free: Integers, agents: int) -> int:
    """Return the number of new rows of the agents."""
    rows = 0
    for a in range(agents):
        rows += free[a] - HISTORY
    return rows


@inner
def _write(
    buffers: Buffers,
    agents: int,
    first: int,
    places: Integers,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
    n: int,
) -> int:
    """Write the new rows from n on, in the order of computation; return where they end."""
    rows, free = buffers.rows, buffers.free
    for i in range(places.size):
        places[i] = 0
    for a in range(agents):
        for row in range(HISTORY, free[a]):
            places[int(rows[a, row, ITERATION]) - first] += 1
    for i in range(places.size):
        places[i], n = n, n + places[i]
    # Within an iteration the agents step in their order, and their rows are read in that order.
    for a in range(agents):
        for row in range(HISTORY, free[a]):
            i = int(rows[a, row, ITERATION]) - first
            place = places[i]
            places[i] = place + 1
            agents_of[place] = a
            values[0, place] = rows[a, row - 1, TIME]
            values[1, place] = rows[a, row, TIME]
            values[2, place] = rows[a, row, STEP]
            values[3, place] = rows[a, row, X]
            values[4, place] = rows[a, row, Y]
            if rows.shape[2] == SPACE:
                values[5, place] = rows[a, row, Z]
                values[6, place] = rows[a, row, VX]
                values[7, place] = rows[a, row, VY]
                values[8, place] = rows[a, row, VZ]
            else:
                values[5, place] = rows[a, row, VX]
                values[6, place] = rows[a, row, VY]
    return n


@compiled
def emit(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    count: int,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
) -> tuple[int, int, int, int, int]:
    """Integrate `count` iterations from `first` and write their records: int16[R], float64[F, R].

    Returns the good iterations, the outcome, the one or two agents that it concerns, and the
    number of records. It stops early where R is too small.
    """
    chunk = min(system.chunk, count)
    buffers = open_buffers(system, steps, ring, carry, chunk)
    rows, free = buffers.rows, buffers.free
    places = np.empty(chunk, np.int64)
    n = 0
    for done in range(0, count, chunk):
        size = min(chunk, count - done)
        good, outcome, agent, other = advance(system, buffers, steps, first + done, size)
        if outcome != OK:
            return done + good, outcome, agent, other, n
        if n + _new_rows(free, steps.size) > agents_of.size:
            break
        n = _write(buffers, steps.size, first + done, places, agents_of, values, n)
        discard_old_rows(rows, free)
    close_buffers(system, buffers, ring, carry)
    return count, OK, 0, 0, n
