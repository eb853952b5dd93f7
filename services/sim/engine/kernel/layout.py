"""What the kernels are given and what they work on: a row of records for each agent, its lane.

Between calls there are `steps`, int64[M], the steps taken, and `ring`, float64[M, 3, 7], the
newest three records of each agent, newest first, each (t0, t1, timeStep, x, y, vx, vy).

While a kernel works each agent has a lane: float64 rows of COLUMNS numbers, one record a row,
64 bytes. The first HISTORY rows are the newest records from before, what is computed follows.
A record begins where the one before it ends, so its t0 is the TIME of the row above; above an
agent's first record that is -inf, so `q >= TIME of the row above` always finds what holds q. Of
the first row only the TIME is used: hence one more than DEPTH.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from sim.jit import inner

__all__ = [
    "COLLISION",
    "COLUMNS",
    "DEPTH",
    "DIVERGENCE",
    "ELEMENTS",
    "FIELDS",
    "HISTORY",
    "ITERATION",
    "OK",
    "READ",
    "SEEN",
    "SERIES",
    "STANDSTILL",
    "STATE",
    "STEP",
    "TIME",
    "VX",
    "VY",
    "Floats",
    "Integers",
    "Lanes",
    "Pace",
    "Tally",
    "World",
    "X",
    "Y",
    "first_divergence",
    "forget",
    "is_finite",
    "lay_down",
    "lift",
]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

DEPTH: Final = 3  # records of an agent that another may read: docs/adr/0011
FIELDS: Final = 7  # of a record: t0, t1, timeStep, x, y, vx, vy
ELEMENTS: Final = 3  # that the diagnostics follow: distance, specific energy, angular momentum
SERIES: Final = 2 + ELEMENTS  # x, y and the elements

OK, COLLISION, DIVERGENCE, STANDSTILL = range(4)

HISTORY: Final = DEPTH + 1
COLUMNS: Final = 8
TIME, STEP, X, Y, VX, VY, ITERATION, READ = range(COLUMNS)  # READ: which row of its primary's
STATE: Final = 6  # the columns from TIME to VY

SEEN: Final = 8  # numbers of a massive agent that the general kernel has side by side


class World(NamedTuple):
    """What does not change along a trajectory."""

    mu: Floats  # [M]
    massive: Integers  # the agents with mu != 0
    primary: Integers  # [M]; -1: none
    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64
    chunk: int  # iterations that are computed at a time, a power of two


class Pace(NamedTuple):
    """The numbers of a world, which are cheaper to hand over than its arrays."""

    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64


class Tally(NamedTuple):
    """What the diagnostics add up over an interval, of each agent that has a primary."""

    counts: Integers  # [M] steps
    sums: Floats  # [M, 3], in the order of the steps
    extremes: Floats  # [M, 3, 2] minimum and maximum
    when: Integers  # [M, 3, 2] the first iteration that has it
    ends: Floats  # [M, 2, 3] at the first step and at the last
    unbound: Integers  # [M, 2] since which iteration e > 0 (-1: it is not); whether it ever wasn't


class Lanes(NamedTuple):
    """Where a kernel works."""

    rows: Floats  # [M, HISTORY + the most steps in a call, COLUMNS]
    free: Integers  # [M] the next free row
    draws: Floats  # [M, 4 or 16] the random numbers that each agent is among
    # The general kernel's work space:
    place: Integers  # [M] which of the massive agents it is; -1: none
    mu: Floats  # of the massive agents, [G]
    clocks: Floats  # [M + 1] the agents', and the earliest of them
    ticks: Integers  # their bits
    seen: Floats  # [SEEN, G]
    pulls: Floats  # [2, G]


@inner
def lay_down(rows: Floats, ring: Floats) -> None:
    """Write the ring's records to the lanes' histories."""
    for a in range(len(ring)):
        for depth in range(DEPTH):
            row = HISTORY - 1 - depth
            begins = ring[a, depth, 0]
            if depth > 0 and rows[a, row, TIME] == -math.inf:
                begins = -math.inf  # there is no such record: the one after it is the first
            else:
                for column in range(STATE):
                    rows[a, row, column] = ring[a, depth, 1 + column]
            rows[a, row - 1, TIME] = begins
            rows[a, row, ITERATION] = -1  # before all to come


@inner
def lift(rows: Floats, free: Integers, ring: Floats) -> None:
    """Write the lanes' newest records to the ring; zeros where there are none."""
    for a in range(len(ring)):
        for depth in range(DEPTH):
            row = free[a] - 1 - depth
            exists = rows[a, row, TIME] > -math.inf
            ring[a, depth, 0] = rows[a, row - 1, TIME] if exists else 0.0
            for column in range(STATE):
                ring[a, depth, 1 + column] = rows[a, row, column] if exists else 0.0


@inner
def forget(rows: Floats, free: Integers) -> None:
    """Leave the newest records of each lane as its history, and the rest free."""
    for a in range(len(free)):
        above = free[a] - HISTORY
        if above > 0:
            for row in range(HISTORY):
                for column in range(COLUMNS):
                    rows[a, row, column] = rows[a, above + row, column]
            free[a] = HISTORY


@inner
def is_finite(rows: Floats, a: int, row: int) -> bool:
    """Whether all numbers of a record are finite."""
    time, x, y = rows[a, row, TIME], rows[a, row, X], rows[a, row, Y]
    # What isn't is nan when subtracted from itself. A speed shows in what it moves, since time
    # steps are finite and above 0.0.
    finite: bool = (x - x) + (y - y) + (time - time) == 0.0
    return finite


@inner
def first_divergence(rows: Floats, free: Integers) -> tuple[int, int]:
    """Return the first agent of whom a new record isn't finite, and the iteration; there is one."""
    agent, iteration = -1, 0
    for a in range(len(free)):
        row = HISTORY
        while row < free[a] and is_finite(rows, a, row):
            row += 1
        if row < free[a] and (agent < 0 or rows[a, row, ITERATION] < iteration):
            agent, iteration = a, int(rows[a, row, ITERATION])
    return agent, iteration
