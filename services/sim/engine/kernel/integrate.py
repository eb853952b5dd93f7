"""The two loops that the engine calls most: the pass over iterations, and their records.

Some iterations at a time, a thousand of few agents, are computed, and folded or written out while
their rows are in the processor's second cache: a pass needs no more memory the longer it is
(docs/adr/0020).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sim.engine.kernel.layout import (
    COLUMNS,
    DIVERGENCE,
    ELEMENTS,
    FIELDS,
    HISTORY,
    ITERATION,
    OK,
    SEEN,
    SERIES,
    STATE,
    TIME,
    Floats,
    Integers,
    Lanes,
    Pace,
    Tally,
    World,
    first_divergence,
    forget,
    is_finite,
    lay_down,
    lift,
)
from sim.engine.kernel.many_agents import advance_many
from sim.engine.kernel.philox import AHEAD, BLOCK, drawn
from sim.engine.kernel.reduce import fold_elements, fold_position, look, reach
from sim.engine.kernel.simplify import Lines, lift_pens, pens_of, trace
from sim.engine.kernel.two_agents import advance_two
from sim.jit import compiled, inner

__all__ = ["advance", "chunk_of", "emit", "lanes_of", "pass_over"]

# Iterations that are computed at a time: fewer, and what a call costs shows; more, and their rows
# don't stay in the second cache.
_MOST: Final = 1024
_LEAST: Final = 16
_ROWS: Final = 8192  # of all agents: 512 KB
_PAIR: Final = 2  # agents, who have a kernel of their own


def chunk_of(stepping: float) -> int:
    """Return how many iterations are computed at a time, if so many agents step in each.

    They have about so many rows. A power of two, as intervals are.
    """
    fitting = int(_ROWS / stepping)
    return min(_MOST, max(_LEAST, 1 << (fitting.bit_length() - 1)))


@inner
def lanes_of(world: World, steps: Integers, ring: Floats, chunk: int) -> Lanes:
    """Return lanes that go on from the ring, with room for so many iterations."""
    agents, massive = steps.size, world.massive
    # Not zeros: that would be to touch room for more steps than most agents take.
    rows = np.empty((agents, HISTORY + chunk, COLUMNS))
    rows[:, :HISTORY] = 0.0
    lay_down(rows, ring)
    free, place = np.empty(agents, np.int64), np.empty(agents, np.int64)
    for a in range(agents):
        free[a], place[a] = HISTORY, -1
    mu = np.empty(massive.size)
    for g in range(massive.size):
        place[massive[g]] = g
        mu[g] = world.mu[massive[g]]
    clocks = np.empty(agents + 1)
    return Lanes(
        rows,
        free,
        drawn(world.seed, steps, BLOCK if agents == _PAIR else AHEAD),
        place,
        mu,
        clocks,
        clocks.view(np.int64),
        np.empty((SEEN, massive.size)),
        np.empty((2, massive.size)),
    )


@inner
def advance(
    world: World,
    pace: Pace,
    lanes: Lanes,
    mu: Floats,
    rows: Floats,
    free: Integers,
    draws: Floats,
    steps: Integers,
    first: int,
    count: int,
) -> tuple[int, int, int, int]:
    """Go on for `count` iterations, numbered from `first`, by the kernel for so many agents.

    What two agents need comes by itself too: to take arrays out of a tuple is to count
    references to each, which would cost them a tenth of their time.
    """
    if free.size == _PAIR:
        end = advance_two(mu, pace, rows, free, draws, steps, first, count)
    else:
        end = advance_many(world, lanes, steps, first, count)
    # A state that stops being finite never is again: to look at the newest is enough.
    for a in range(free.size):
        if not is_finite(rows, a, free[a] - 1):
            agent, iteration = first_divergence(rows, free)
            return iteration - first, DIVERGENCE, agent, agent
    return end


@inner
def _fold(
    world: World,
    lanes: Lanes,
    first: int,
    done: int,
    good: int,
    series_level: int,
    series: Floats,
    clocks: Floats,
    seen: Floats,
    tally: Tally,
) -> None:
    """Fold the rows of `good` more iterations, after `done` of them, into bins and tally."""
    rows, free, primary, mu = lanes.rows, lanes.free, world.primary, world.mu
    sums, extremes, when = tally.sums, tally.extremes, tally.when
    counts, ends, unbound = tally.counts, tally.ends, tally.unbound
    last = (done + good - 1) >> series_level
    for a in range(free.size):
        p, end = primary[a], free[a]
        if p >= 0:
            look(rows, a, p, mu[p], end, seen, counts, ends, unbound)
        row = HISTORY
        while row < end:
            b = (int(rows[a, row, ITERATION]) - first) >> series_level
            stop = end
            if b < last:
                stop = reach(rows, a, row, end, first + ((b + 1) << series_level))
            fold_position(rows, a, row, stop, series, b)
            if p >= 0:
                fold_elements(rows, a, row, stop, seen, series, b, sums, extremes, when)
            row = stop
        row = HISTORY
        for b in range(done >> series_level, last):
            row = reach(rows, a, row, end, first + ((b + 1) << series_level))
            clocks[b, a] = rows[a, row - 1, TIME]
        clocks[last, a] = rows[a, end - 1, TIME]


@inner
def _sample(lanes: Lanes, first: int, done: int, good: int, path_level: int, path: Floats) -> None:
    """Take the samples of the path that are due after `good` more iterations."""
    rows, free = lanes.rows, lanes.free
    for a in range(free.size):
        row = HISTORY
        for sample in range(done >> path_level, (done + good) >> path_level):
            row = reach(rows, a, row, free[a], first + ((sample + 1) << path_level))
            for column in range(STATE):
                path[sample, a, column] = rows[a, row - 1, column]


@inner
def _unsign(series: Floats, extremes: Floats) -> None:
    """Make 0.0 of -0.0, so that it doesn't matter which of them came first."""
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
    world: World,
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
    lines: Lines,
) -> tuple[int, int, int, int]:
    """Go over `count` iterations from the `first`, which starts a bin; fill what is kept of them.

    `series` float64[bins, M, 5, 2] (nan: no step yet) takes minimum and maximum of x, y and the
    elements in each bin of 2**series_level iterations, `clocks` float64[bins, M] the agents'
    clocks at its end; `path` float64[samples, M, 6] the states after each 2**path_level. `lines`,
    of which there may be none, are drawn on the way.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    chunk = min(world.chunk, count)
    lanes = lanes_of(world, steps, ring, chunk)
    pace = Pace(world.dt_min, world.dt_span, world.epsilon, world.seed)
    mu, rows, free, draws = world.mu, lanes.rows, lanes.free, lanes.draws
    seen = np.empty((ELEMENTS, HISTORY + chunk))
    pens, where = pens_of(lines)
    done = 0
    while done < count:
        good, outcome, agent, other = advance(
            world, pace, lanes, mu, rows, free, draws, steps, first + done, min(chunk, count - done)
        )
        if outcome != OK:
            return done + good, outcome, agent, other
        _fold(world, lanes, first, done, good, series_level, series, clocks, seen, tally)
        _sample(lanes, first, done, good, path_level, path)
        trace(rows, free, lines, pens, where)
        forget(rows, free)
        done += good
    lift_pens(rows, free, lines, pens, where)
    lift(rows, free, ring)
    _unsign(series, tally.extremes)
    return count, OK, 0, 0


@inner
def _new(free: Integers) -> int:
    """Return how many new rows there are."""
    rows = 0
    for a in range(free.size):
        rows += free[a] - HISTORY
    return rows


@inner
def _write(
    lanes: Lanes,
    first: int,
    places: Integers,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
    n: int,
) -> int:
    """Write the new rows out in the order of computation, from n on; return where they end."""
    rows, free = lanes.rows, lanes.free
    for i in range(places.size):
        places[i] = 0
    for a in range(free.size):
        for row in range(HISTORY, free[a]):
            places[int(rows[a, row, ITERATION]) - first] += 1
    for i in range(places.size):
        places[i], n = n, n + places[i]
    # Within an iteration the agents step in their order, and so they come here.
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
    world: World,
    steps: Integers,
    ring: Floats,
    count: int,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
) -> tuple[int, int, int, int, int]:
    """Go over `count` iterations and write their records: int16[R] and float64[7, R].

    Returns the good iterations, the outcome, the one or two agents that it concerns, and the
    number of records; where these would be more than R, what fits.
    """
    chunk = min(world.chunk, count)
    lanes = lanes_of(world, steps, ring, chunk)
    pace = Pace(world.dt_min, world.dt_span, world.epsilon, world.seed)
    mu, rows, free, draws = world.mu, lanes.rows, lanes.free, lanes.draws
    places = np.empty(chunk, np.int64)
    n = 0
    for done in range(0, count, chunk):
        good, outcome, agent, other = advance(
            world, pace, lanes, mu, rows, free, draws, steps, done, min(chunk, count - done)
        )
        if outcome != OK:
            return done + good, outcome, agent, other, n
        if n + _new(free) > agents_of.size:
            break
        n = _write(lanes, done, places, agents_of, values, n)
        forget(rows, free)
    lift(rows, free, ring)
    return count, OK, 0, 0, n
