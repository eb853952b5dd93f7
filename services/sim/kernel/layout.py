"""The memory layout of the kernels: their inputs, their outputs, and the rows that they write.

Between calls, the state is `steps`, int64[M], the steps taken by each agent, and `ring`,
float64[M, D, F], its newest D records, newest first: (t0, t1, timeStep, x, y, vx, vy) in the plane,
(t0, t1, timeStep, x, y, z, vx, vy, vz) in space. D is the model's depth: how many of an agent's
newest records a later step can read. What else a model needs to go on is its `carry`, float64[K].

During a call, each agent has a buffer of float64 rows, one record in each row of PLANE or SPACE
columns (64 or 80 bytes; in space z and vz stand last, so the others are where they are in the
plane). The first HISTORY rows are the newest records from before the call; new rows follow. A
record begins where the previous one ends, so its t0 is the TIME of the row above. Above an agent's
first record that TIME is -inf, so `q >= TIME of the row above` always finds the record that holds
q. Only the TIME of the first row is used, so HISTORY is one more than the greatest depth.

Behind the agents' rows a model may write those of points that agents orbit, such as a barycentre.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np

from sim.jit import inner

__all__ = [
    "COLLISION",
    "DIVERGENCE",
    "ELEMENTS",
    "HISTORY",
    "ITERATION",
    "OK",
    "PLANE",
    "READ",
    "SPACE",
    "STANDSTILL",
    "STEP",
    "TIME",
    "VX",
    "VY",
    "VZ",
    "Buffers",
    "Floats",
    "Integers",
    "System",
    "Tally",
    "X",
    "Y",
    "Z",
    "discard_old_rows",
    "first_divergence",
    "is_finite",
    "load_ring",
    "store_ring",
    "store_state",
]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

ELEMENTS: Final = 3  # that the diagnostics follow: distance, specific energy, angular momentum

OK, COLLISION, DIVERGENCE, STANDSTILL = range(4)

HISTORY: Final = 4  # three records, and the time at which the oldest begins
TIME, STEP, X, Y, VX, VY, ITERATION, READ, Z, VZ = range(10)
# READ: the row of its primary that the step has read
PLANE: Final = 8  # columns in the plane
SPACE: Final = 10  # columns in space


class System(Protocol):
    """What the kernels read of a dynamical system; a model's own is a NamedTuple with more."""

    @property
    def primary(self) -> Integers:
        """The rows of what each agent orbits, int64[M]; -1: nothing."""

    @property
    def gravity(self) -> Floats:
        """The gravitational parameter of each agent's orbit, float64[M]."""

    @property
    def chunk(self) -> int:
        """Iterations in a chunk: a power of two."""


class Buffers(Protocol):
    """What the kernels read of the memory that a model works in; the model's own has more."""

    @property
    def rows(self) -> Floats:
        """Records, float64[at least M, HISTORY + the most steps in a call, PLANE or SPACE]."""

    @property
    def free(self) -> Integers:
        """The next free row of each agent, and of what else has rows."""


class Tally(NamedTuple):
    """The accumulators of the diagnostics over an interval, for each agent with a primary."""

    counts: Integers  # [M] steps
    sums: Floats  # [M, 3], in the order of the steps
    extremes: Floats  # [M, 3, 2] minimum and maximum
    when: Integers  # [M, 3, 2] the first iteration that has it
    ends: Floats  # [M, 2, 3] at the first step and at the last
    unbound: Integers  # [M, 2] first iteration of the last run of e > 0 (-1: none); any e <= 0


@inner
def load_ring(rows: Floats, ring: Floats) -> None:
    """Write the ring's records to the history rows."""
    depths = ring.shape[1]
    for a in range(len(ring)):
        for depth in range(HISTORY - 1):
            row = HISTORY - 1 - depth
            begins = -math.inf
            if depth < depths and (depth == 0 or rows[a, row, TIME] > -math.inf):
                begins = ring[a, depth, 0]
                _load_state(rows, a, row, ring[a, depth])
            rows[a, row - 1, TIME] = begins
            rows[a, row, ITERATION] = -1  # before all new rows


@inner
def _load_state(rows: Floats, a: int, row: int, record: Floats) -> None:
    """Write the state of a record: t1 and what follows."""
    for column in range(Y + 1):
        rows[a, row, column] = record[1 + column]
    if rows.shape[2] == SPACE:
        rows[a, row, Z] = record[5]
        rows[a, row, VX] = record[6]
        rows[a, row, VY] = record[7]
        rows[a, row, VZ] = record[8]
    else:
        rows[a, row, VX] = record[5]
        rows[a, row, VY] = record[6]


@inner
def store_state(rows: Floats, a: int, row: int, state: Floats) -> None:
    """Copy the state in a row to float64[6 or 8]: time, timeStep, position, velocity."""
    state[0] = rows[a, row, TIME]
    state[1] = rows[a, row, STEP]
    state[2] = rows[a, row, X]
    state[3] = rows[a, row, Y]
    if rows.shape[2] == SPACE:
        state[4] = rows[a, row, Z]
        state[5] = rows[a, row, VX]
        state[6] = rows[a, row, VY]
        state[7] = rows[a, row, VZ]
    else:
        state[4] = rows[a, row, VX]
        state[5] = rows[a, row, VY]


@inner
def store_ring(rows: Floats, free: Integers, ring: Floats) -> None:
    """Write the newest records to the ring; zeros where there are none."""
    for a in range(len(ring)):
        for depth in range(ring.shape[1]):
            row = free[a] - 1 - depth
            if rows[a, row, TIME] > -math.inf:
                ring[a, depth, 0] = rows[a, row - 1, TIME]
                store_state(rows, a, row, ring[a, depth, 1:])
            else:
                ring[a, depth] = 0.0


@inner
def discard_old_rows(rows: Floats, free: Integers) -> None:
    """Keep the newest records of each agent as its history, and free the other rows."""
    for a in range(len(free)):
        above = free[a] - HISTORY
        if above > 0:
            for row in range(HISTORY):
                for column in range(rows.shape[2]):
                    rows[a, row, column] = rows[a, above + row, column]
            free[a] = HISTORY


@inner
def is_finite(rows: Floats, a: int, row: int) -> bool:
    """Return whether all numbers of a record are finite."""
    time, x, y = rows[a, row, TIME], rows[a, row, X], rows[a, row, Y]
    z = rows[a, row, Z] if rows.shape[2] == SPACE else 0.0
    # inf - inf and nan - nan are nan. A velocity that is not finite shows in the position, since
    # time steps are finite and above 0.0.
    finite: bool = (x - x) + (y - y) + (z - z) + (time - time) == 0.0
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
