"""A pass over iterations that reduces their records as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.jit import compiled, inner
from sim.kernel.layout import (
    ELEMENTS,
    HISTORY,
    ITERATION,
    OK,
    TIME,
    discard_old_rows,
    store_state,
)
from sim.kernel.reduce import (
    compute_elements,
    first_row_from,
    reduce_elements,
    reduce_positions,
)
from sim.kernel.simplify import Polylines, finish, initial_cones, simplify
from sim.kernel.stepper import advance, close_buffers, open_buffers

if TYPE_CHECKING:
    from sim.kernel.layout import Buffers, Floats, Integers, System, Tally

__all__ = ["pass_over"]


@inner
def _reduce(
    system: System,
    buffers: Buffers,
    first: int,
    done: int,
    good: int,
    series_level: int,
    series: Floats,
    clocks: Floats,
    elements: Floats,
    tally: Tally,
) -> None:
    """Reduce the rows of `good` more iterations, after `done`, into bins and tally."""
    rows, free, primary, gravity = buffers.rows, buffers.free, system.primary, system.gravity
    sums, extremes, when = tally.sums, tally.extremes, tally.when
    counts, ends, unbound = tally.counts, tally.ends, tally.unbound
    last = (done + good - 1) >> series_level
    for a in range(primary.size):
        p, end = primary[a], free[a]
        if p >= 0:
            compute_elements(rows, a, p, gravity[a], end, elements, counts, ends, unbound)
        row = HISTORY
        while row < end:
            b = (int(rows[a, row, ITERATION]) - first) >> series_level
            stop = end
            if b < last:
                stop = first_row_from(rows, a, row, end, first + ((b + 1) << series_level))
            reduce_positions(rows, a, row, stop, series, b)
            if p >= 0:
                reduce_elements(rows, a, row, stop, elements, series, b, sums, extremes, when)
            row = stop
        row = HISTORY
        for b in range(done >> series_level, last):
            row = first_row_from(rows, a, row, end, first + ((b + 1) << series_level))
            clocks[b, a] = rows[a, row - 1, TIME]
        clocks[last, a] = rows[a, end - 1, TIME]


@inner
def _sample(
    buffers: Buffers, first: int, done: int, good: int, path_level: int, path: Floats
) -> None:
    """Write the samples of the path that fall into `good` more iterations, after `done`."""
    rows, free = buffers.rows, buffers.free
    for a in range(path.shape[1]):
        row = HISTORY
        for sample in range(done >> path_level, (done + good) >> path_level):
            row = first_row_from(rows, a, row, free[a], first + ((sample + 1) << path_level))
            store_state(rows, a, row - 1, path[sample, a])


@inner
def _normalize_zeros(series: Floats, extremes: Floats) -> None:
    """Turn -0.0 into 0.0, so that it does not matter which of them came first."""
    for a in range(extremes.shape[0]):
        for quantity in range(series.shape[2]):
            for b in range(series.shape[0]):
                series[b, a, quantity, 0] += 0.0
                series[b, a, quantity, 1] += 0.0
        for element in range(ELEMENTS):
            extremes[a, element, 0] += 0.0
            extremes[a, element, 1] += 0.0


@compiled
def pass_over(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    count: int,
    series_level: int,
    series: Floats,
    clocks: Floats,
    path_level: int,
    path: Floats,
    tally: Tally,
    polylines: Polylines,
) -> tuple[int, int, int, int]:
    """Integrate `count` iterations from `first`, which starts a bin; fill the reduced arrays.

    `series` float64[bins, M, 5 or 6, 2] (nan: no step yet) receives minimum and maximum of
    position, r, e and h in each bin of 2**series_level iterations, `clocks` float64[bins, M] the
    agents' clocks at its end, `path` float64[samples, M, 6 or 8] the states after each
    2**path_level iterations, and `polylines`, which may be empty, the simplified paths.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    chunk = min(system.chunk, count)
    buffers = open_buffers(system, steps, ring, carry, chunk)
    rows, free = buffers.rows, buffers.free
    elements = np.empty((ELEMENTS, HISTORY + chunk))
    cones, phases = initial_cones(polylines)
    done = 0
    while done < count:
        size = min(chunk, count - done)
        good, outcome, agent, other = advance(system, buffers, steps, first + done, size)
        if outcome != OK:
            return done + good, outcome, agent, other
        _reduce(system, buffers, first, done, good, series_level, series, clocks, elements, tally)
        _sample(buffers, first, done, good, path_level, path)
        simplify(rows, free, polylines, cones, phases)
        discard_old_rows(rows, free)
        done += good
    finish(rows, free, polylines, cones, phases)
    close_buffers(system, buffers, ring, carry)
    _normalize_zeros(series, tally.extremes)
    return count, OK, 0, 0
