"""The rows of records in space, and how they come from the ring and go back to it.

`ring`, float64[M, 1, 9], has each agent's newest record: t0, t1, timeStep, x, y, z, vx, vy, vz.
During a call each agent has a buffer of float64 rows, one record in each row of SPACE numbers. The
first HISTORY rows are from before the call; new rows follow. A record begins where the one above
ends, so its t0 is the TIME of the row above.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np

from sim.jit import inner

__all__ = [
    "COLLISION",
    "DIVERGENCE",
    "HISTORY",
    "ITERATION",
    "OK",
    "READ",
    "SPACE",
    "STANDSTILL",
    "STEP",
    "TIME",
    "VX",
    "VY",
    "VZ",
    "Floats",
    "Integers",
    "X",
    "Y",
    "Z",
    "discard_old_rows",
    "load_ring",
    "store_ring",
]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

OK, COLLISION, DIVERGENCE, STANDSTILL = range(4)
HISTORY: Final = 4
SPACE: Final = 10  # columns
TIME, STEP, X, Y, VX, VY, ITERATION, READ, Z, VZ = range(SPACE)


@inner
def load_ring(rows: Floats, ring: Floats) -> None:
    """Write the ring's records to the history rows."""
    for a in range(len(ring)):
        for row in range(HISTORY - 2):
            rows[a, row, TIME] = -math.inf
        rows[a, HISTORY - 2, TIME] = ring[a, 0, 0]
        newest = rows[a, HISTORY - 1]
        newest[TIME], newest[STEP] = ring[a, 0, 1], ring[a, 0, 2]
        newest[X], newest[Y], newest[Z] = ring[a, 0, 3], ring[a, 0, 4], ring[a, 0, 5]
        newest[VX], newest[VY], newest[VZ] = ring[a, 0, 6], ring[a, 0, 7], ring[a, 0, 8]
        newest[ITERATION] = -1  # before all new rows


@inner
def store_ring(rows: Floats, free: Integers, ring: Floats) -> None:
    """Write the newest records to the ring."""
    for a in range(len(ring)):
        newest = rows[a, free[a] - 1]
        ring[a, 0, 0] = rows[a, free[a] - 2, TIME]
        ring[a, 0, 1], ring[a, 0, 2] = newest[TIME], newest[STEP]
        ring[a, 0, 3], ring[a, 0, 4], ring[a, 0, 5] = newest[X], newest[Y], newest[Z]
        ring[a, 0, 6], ring[a, 0, 7], ring[a, 0, 8] = newest[VX], newest[VY], newest[VZ]


@inner
def discard_old_rows(rows: Floats, free: Integers) -> None:
    """Keep the newest records of each agent as its history, and free the other rows."""
    for a in range(len(free)):
        above = free[a] - HISTORY
        if above > 0:
            for row in range(HISTORY):
                for column in range(SPACE):
                    rows[a, row, column] = rows[a, above + row, column]
            free[a] = HISTORY
