"""The integrator: a pass over iterations that reduces their records, or writes them out.

The method is the semi-implicit (symplectic) Euler method, velocity first (E. Hairer, C. Lubich,
G. Wanner, "Geometric Numerical Integration", 2nd edition, Springer 2006, section I.1.2), with
asynchronous reads of the other agents' records and random time steps: `sim.reference` defines it.

A chunk of iterations (about a thousand for few agents) is computed, then reduced or written while
its rows are still in the L2 cache. Memory does not grow with the length of a pass (docs/adr/0020).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sim.engine.kernel.layout import (
    ATTRACTOR_FIELDS,
    COLUMNS,
    DIVERGENCE,
    ELEMENTS,
    FIELDS,
    HISTORY,
    ITERATION,
    OK,
    SERIES,
    STATE,
    TIME,
    Buffers,
    Floats,
    Integers,
    Parameters,
    System,
    Tally,
    discard_old_rows,
    first_divergence,
    is_finite,
    load_ring,
    store_ring,
)
from sim.engine.kernel.many_agents import advance_many
from sim.engine.kernel.philox import AHEAD, BLOCK, initial_draws
from sim.engine.kernel.reduce import (
    compute_elements,
    first_row_from,
    reduce_elements,
    reduce_positions,
)
from sim.engine.kernel.simplify import Polylines, finish, initial_cones, simplify
from sim.engine.kernel.two_agents import advance_two
from sim.jit import compiled, inner

__all__ = ["advance", "buffers_of", "chunk_iterations", "emit", "pass_over"]

# Iterations in a chunk. With fewer, the overhead of a call shows; with more, the rows leave the L2
# cache (docs/adr/0020).
_MAX_CHUNK: Final = 1024
_MIN_CHUNK: Final = 16
_CHUNK_ROWS: Final = 8192  # of all agents together: 512 KB
_PAIR: Final = 2  # agents, which have a kernel of their own


def chunk_iterations(stepping: float) -> int:
    """Return the number of iterations in a chunk, if `stepping` agents step in each on average.

    It is a power of two, as intervals are.
    """
    fitting = int(_CHUNK_ROWS / stepping)
    return min(_MAX_CHUNK, max(_MIN_CHUNK, 1 << (fitting.bit_length() - 1)))


@inner
def buffers_of(system: System, steps: Integers, ring: Floats, chunk: int) -> Buffers:
    """Return buffers that continue from the ring, with room for `chunk` iterations."""
    agents, massive = steps.size, system.massive
    # Not zeros: these would touch memory for more steps than most agents take.
    rows = np.empty((agents, HISTORY + chunk, COLUMNS))
    rows[:, :HISTORY] = 0.0
    load_ring(rows, ring)
    free, massive_index = np.empty(agents, np.int64), np.empty(agents, np.int64)
    for a in range(agents):
        free[a], massive_index[a] = HISTORY, -1
    mu = np.empty(massive.size)
    for g in range(massive.size):
        massive_index[massive[g]] = g
        mu[g] = system.mu[massive[g]]
    clocks = np.empty(agents + 1)
    return Buffers(
        rows,
        free,
        initial_draws(system.seed, steps, BLOCK if agents == _PAIR else AHEAD),
        massive_index,
        mu,
        clocks,
        clocks.view(np.int64),
        np.empty((ATTRACTOR_FIELDS, massive.size)),
        np.empty((2, massive.size)),
    )


@inner
def advance(
    system: System,
    parameters: Parameters,
    buffers: Buffers,
    mu: Floats,
    rows: Floats,
    free: Integers,
    draws: Floats,
    steps: Integers,
    first: int,
    count: int,
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`, with the kernel for this many agents.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    arrays of two agents are also passed separately: taking an array out of a tuple counts
    references, which would cost that kernel a tenth of its time.
    """
    if free.size == _PAIR:
        end = advance_two(mu, parameters, rows, free, draws, steps, first, count)
    else:
        end = advance_many(system, buffers, steps, first, count)
    # A state that is not finite never becomes finite again, so the newest is enough.
    for a in range(free.size):
        if not is_finite(rows, a, free[a] - 1):
            agent, iteration = first_divergence(rows, free)
            return iteration - first, DIVERGENCE, agent, agent
    return end


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
    rows, free, primary, mu = buffers.rows, buffers.free, system.primary, system.mu
    sums, extremes, when = tally.sums, tally.extremes, tally.when
    counts, ends, unbound = tally.counts, tally.ends, tally.unbound
    last = (done + good - 1) >> series_level
    for a in range(free.size):
        p, end = primary[a], free[a]
        if p >= 0:
            compute_elements(rows, a, p, mu[p], end, elements, counts, ends, unbound)
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
    for a in range(free.size):
        row = HISTORY
        for sample in range(done >> path_level, (done + good) >> path_level):
            row = first_row_from(rows, a, row, free[a], first + ((sample + 1) << path_level))
            for column in range(STATE):
                path[sample, a, column] = rows[a, row - 1, column]


@inner
def _normalize_zeros(series: Floats, extremes: Floats) -> None:
    """Turn -0.0 into 0.0, so that it does not matter which of them came first."""
    for a in range(extremes.shape[0]):
        for quantity in range(SERIES):
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

    `series` float64[bins, M, 5, 2] (nan: no step yet) receives minimum and maximum of x, y, r, e
    and h in each bin of 2**series_level iterations, `clocks` float64[bins, M] the agents' clocks
    at its end, `path` float64[samples, M, 6] the states after each 2**path_level iterations, and
    `polylines`, which may be empty, the simplified paths.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    chunk = min(system.chunk, count)
    buffers = buffers_of(system, steps, ring, chunk)
    parameters = Parameters(system.dt_min, system.dt_span, system.epsilon, system.seed)
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    elements = np.empty((ELEMENTS, HISTORY + chunk))
    cones, phases = initial_cones(polylines)
    done = 0
    while done < count:
        good, outcome, agent, other = advance(
            system,
            parameters,
            buffers,
            mu,
            rows,
            free,
            draws,
            steps,
            first + done,
            min(chunk, count - done),
        )
        if outcome != OK:
            return done + good, outcome, agent, other
        _reduce(system, buffers, first, done, good, series_level, series, clocks, elements, tally)
        _sample(buffers, first, done, good, path_level, path)
        simplify(rows, free, polylines, cones, phases)
        discard_old_rows(rows, free)
        done += good
    finish(rows, free, polylines, cones, phases)
    store_ring(rows, free, ring)
    _normalize_zeros(series, tally.extremes)
    return count, OK, 0, 0


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
            massive_index = places[i]
            places[i] = massive_index + 1
            agents_of[massive_index] = a
            values[0, massive_index] = rows[a, row - 1, TIME]
            for column in range(FIELDS - 1):
                values[1 + column, massive_index] = rows[a, row, column]
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
    parameters = Parameters(system.dt_min, system.dt_span, system.epsilon, system.seed)
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    places = np.empty(chunk, np.int64)
    n = 0
    for done in range(0, count, chunk):
        good, outcome, agent, other = advance(
            system,
            parameters,
            buffers,
            mu,
            rows,
            free,
            draws,
            steps,
            done,
            min(chunk, count - done),
        )
        if outcome != OK:
            return done + good, outcome, agent, other, n
        if n + _new_rows(free) > agents_of.size:
            break
        n = _write(buffers, done, places, agents_of, values, n)
        discard_old_rows(rows, free)
    store_ring(rows, free, ring)
    return count, OK, 0, 0, n
