"""The memory layout of the kernels: their inputs, their outputs, and the rows that they write.

Between calls, the state is `steps`, int64[M], the steps taken by each agent, and `ring`,
float64[M, 3, 7], its newest three records, newest first: (t0, t1, timeStep, x, y, vx, vy).

During a call, each agent has a buffer of float64 rows, one record in each row of COLUMNS numbers
(64 bytes). The first HISTORY rows are the newest records from before the call; new rows follow. A
record begins where the previous one ends, so its t0 is the TIME of the row above. Above an agent's
first record that TIME is -inf, so `q >= TIME of the row above` always finds the record that holds
q. Only the TIME of the first row is used, so HISTORY is one more than DEPTH.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from sim.jit import inner

__all__ = [
    "ATTRACTOR_FIELDS",
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
    "SERIES",
    "STANDSTILL",
    "STATE",
    "STEP",
    "TIME",
    "VX",
    "VY",
    "Buffers",
    "Floats",
    "Integers",
    "Parameters",
    "System",
    "Tally",
    "X",
    "Y",
    "discard_old_rows",
    "first_divergence",
    "is_finite",
    "load_ring",
    "store_ring",
]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

DEPTH: Final = 3  # newest records of an agent that others can still read: docs/adr/0011
FIELDS: Final = 7  # of a record: t0, t1, timeStep, x, y, vx, vy
ELEMENTS: Final = 3  # that the diagnostics follow: distance, specific energy, angular momentum
SERIES: Final = 2 + ELEMENTS  # x, y and the elements

OK, COLLISION, DIVERGENCE, STANDSTILL = range(4)

HISTORY: Final = DEPTH + 1
COLUMNS: Final = 8
TIME, STEP, X, Y, VX, VY, ITERATION, READ = range(
    COLUMNS
)  # READ: the row of its primary that the step has read
STATE: Final = 6  # the columns from TIME to VY

ATTRACTOR_FIELDS: Final = 8  # numbers of each massive agent in `Buffers.attractors`


class System(NamedTuple):
    """The dynamical system: what does not change along a trajectory."""

    mu: Floats  # [M]
    massive: Integers  # the agents with mu != 0
    primary: Integers  # [M]; -1: none
    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64
    member: np.uint64
    chunk: int  # iterations in a chunk, a power of two


class Parameters(NamedTuple):
    """The scalars of a system, which are cheaper to pass to a function than its arrays."""

    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64
    member: np.uint64


class Tally(NamedTuple):
    """The accumulators of the diagnostics over an interval, for each agent with a primary."""

    counts: Integers  # [M] steps
    sums: Floats  # [M, 3], in the order of the steps
    extremes: Floats  # [M, 3, 2] minimum and maximum
    when: Integers  # [M, 3, 2] the first iteration that has it
    ends: Floats  # [M, 2, 3] at the first step and at the last
    unbound: Integers  # [M, 2] first iteration of the last run of e > 0 (-1: none); any e <= 0


class Buffers(NamedTuple):
    """The memory that a kernel works in."""

    rows: Floats  # [M, HISTORY + the most steps in a call, COLUMNS]
    free: Integers  # [M] the next free row of each agent
    draws: Floats  # [M, 4 or 16] the current block of random numbers of each agent
    # For the kernel of any number of agents:
    massive_index: Integers  # [M] its index among the massive agents; -1: massless
    mu: Floats  # [G] of the massive agents
    clocks: Floats  # [M + 1] the agents' clocks, and the earliest of them
    clock_bits: Integers  # [M + 1] the same memory as integers
    attractors: Floats  # [ATTRACTOR_FIELDS, G]
    pulls: Floats  # [2, G]


@inner
def load_ring(rows: Floats, ring: Floats) -> None:
    """Write the ring's records to the history rows."""
    for a in range(len(ring)):
        for depth in range(DEPTH):
            row = HISTORY - 1 - depth
            begins = ring[a, depth, 0]
            if depth > 0 and rows[a, row, TIME] == -math.inf:
                begins = -math.inf  # no such record: the next one is the agent's first
            else:
                for column in range(STATE):
                    rows[a, row, column] = ring[a, depth, 1 + column]
            rows[a, row - 1, TIME] = begins
            rows[a, row, ITERATION] = -1  # before all new rows


@inner
def store_ring(rows: Floats, free: Integers, ring: Floats) -> None:
    """Write the newest records to the ring; zeros where there are none."""
    for a in range(len(ring)):
        for depth in range(DEPTH):
            row = free[a] - 1 - depth
            exists = rows[a, row, TIME] > -math.inf
            ring[a, depth, 0] = rows[a, row - 1, TIME] if exists else 0.0
            for column in range(STATE):
                ring[a, depth, 1 + column] = rows[a, row, column] if exists else 0.0


@inner
def discard_old_rows(rows: Floats, free: Integers) -> None:
    """Keep the newest records of each agent as its history, and free the other rows."""
    for a in range(len(free)):
        above = free[a] - HISTORY
        if above > 0:
            for row in range(HISTORY):
                for column in range(COLUMNS):
                    rows[a, row, column] = rows[a, above + row, column]
            free[a] = HISTORY


@inner
def is_finite(rows: Floats, a: int, row: int) -> bool:
    """Return whether all numbers of a record are finite."""
    time, x, y = rows[a, row, TIME], rows[a, row, X], rows[a, row, Y]
    # inf - inf and nan - nan are nan. A velocity that is not finite shows in the position, since
    # time steps are finite and above 0.0.
    finite: bool = (x - x) + (y - y) + (time - time) == 0.0
    return finite


@inner
def first_divergence(rows: Floats, free: Integers) -> tuple[int, int]:
    """Return the agent and the iteration of the first record that is not finite; one exists."""
    agent, iteration = -1, 0
    for a in range(len(free)):
        row = HISTORY
        while row < free[a] and is_finite(rows, a, row):
            row += 1
        if row < free[a] and (agent < 0 or rows[a, row, ITERATION] < iteration):
            agent, iteration = a, int(rows[a, row, ITERATION])
    return agent, iteration
