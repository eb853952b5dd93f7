"""The records of an integration, written out in the order of computation."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engine.kernel.chunk import advance, buffers_of
from sim.engine.kernel.layout import (
    FIELDS,
    HISTORY,
    ITERATION,
    OK,
    TIME,
    Buffers,
    Floats,
    Integers,
    Parameters,
    System,
    discard_old_rows,
    store_ring,
)
from sim.jit import compiled, inner

__all__ = ["emit"]


@inner
def _new_rows(free: Integers) -> int:
    """Return the number of new rows."""
    rows = 0
    for a in range(free.size):
        rows += free[a] - HISTORY
    return rows


@inner
def _write(
    buffers: Buffers,
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
    for a in range(free.size):
        for row in range(HISTORY, free[a]):
            places[int(rows[a, row, ITERATION]) - first] += 1
    for i in range(places.size):
        places[i], n = n, n + places[i]
    # Within an iteration the agents step in their order, and their rows are read in that order.
    for a in range(free.size):
        for row in range(HISTORY, free[a]):
            i = int(rows[a, row, ITERATION]) - first
            place = places[i]
            places[i] = place + 1
            agents_of[place] = a
            values[0, place] = rows[a, row - 1, TIME]
            for column in range(FIELDS - 1):
                values[1 + column, place] = rows[a, row, column]
    return n


@compiled
def emit(
    system: System,
    steps: Integers,
    ring: Floats,
    count: int,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
) -> tuple[int, int, int, int, int]:
    """Integrate `count` iterations and write their records: int16[R] and float64[7, R].

    Returns the good iterations, the outcome, the one or two agents that it concerns, and the
    number of records. It stops early where R is too small.
    """
    chunk = min(system.chunk, count)
    buffers = buffers_of(system, steps, ring, chunk)
    parameters = Parameters(
        system.dt_min, system.dt_span, system.epsilon, system.seed, system.member
    )
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    places = np.empty(chunk, np.int64)
    n = 0
    for done in range(0, count, chunk):
        size = min(chunk, count - done)
        good, outcome, agent, other = advance(
            system, parameters, buffers, mu, rows, free, draws, steps, done, size
        )
        if outcome != OK:
            return done + good, outcome, agent, other, n
        if n + _new_rows(free) > agents_of.size:
            break
        n = _write(buffers, done, places, agents_of, values, n)
        discard_old_rows(rows, free)
    store_ring(rows, free, ring)
    return count, OK, 0, 0, n
