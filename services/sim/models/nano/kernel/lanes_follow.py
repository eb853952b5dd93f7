"""What the loops for one trajectory take from a lane, and what a lane takes from their rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.jit import inner
from sim.kernel.layout import HISTORY, ITERATION, READ, TIME, VX, VY, X, Y, load_ring

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["follow", "load_records"]


@inner
def load_records(rows: Floats, ring: Floats) -> None:
    """Write a ring to the history rows, with where each newest record begins.

    Of an agent that no other reads, the ring has no record before, in whose row that would stand.
    """
    load_ring(rows, ring)
    for a in range(len(ring)):
        rows[a, HISTORY - 2, TIME] = ring[a, 0, 0]


@inner
def follow(
    rows: Floats,
    free: Integers,
    a: int,
    p: int,
    mu: float,
    closest: float,
    closest_at: int,
    escape_at: int,
    escape_time: float,
) -> tuple[float, int, int, float]:
    """Return the four last, as of `sim.kernel.lanes.Members`, after the new rows of agent a.

    `p` is its primary, and `mu` that of its orbit.
    """
    for row in range(HISTORY, free[a]):
        read = int(rows[a, row, READ])
        rx = rows[p, read, X] - rows[a, row - 1, X]
        ry = rows[p, read, Y] - rows[a, row - 1, Y]
        wx = rows[a, row - 1, VX] - rows[p, read, VX]
        wy = rows[a, row - 1, VY] - rows[p, read, VY]
        r = math.sqrt(rx * rx + ry * ry)
        if r < closest or (closest_at < 0 and r == math.inf):
            closest, closest_at = r, int(rows[a, row, ITERATION])
        if not 0.5 * (wx * wx + wy * wy) - mu / r > 0.0:
            escape_at, escape_time = -1, math.nan
        elif escape_at < 0:
            escape_at, escape_time = int(rows[a, row, ITERATION]), rows[a, row - 1, TIME]
    return closest, closest_at, escape_at, escape_time
