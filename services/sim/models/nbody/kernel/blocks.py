"""The blocks of agents that the loops work in, and how they come from records and carry.

Agents are in blocks of LANES. A block has three parts, of x, of y and of z. A part has fields
(position, velocity, ...) of LANES numbers, one of each agent of the block. All is in one flat
array, `work`, and the distance between two fields is a constant: so LLVM knows without a test that
writing one does not change another, and makes vector instructions of a loop over the lanes. Lanes
without an agent are at nan, which no comparison takes for a collision or for a largest value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import inner
from sim.kernel.layout import HISTORY, ITERATION, TIME, VX, VY, VZ, X, Y, Z
from sim.models.nbody.kernel.system import COEFFICIENTS, LANES

if TYPE_CHECKING:
    from sim.kernel.layout import Floats

__all__ = [
    "ACCELERATION",
    "A_0",
    "BLOCK",
    "B_0",
    "B_CARRY_0",
    "CHANGE",
    "E_0",
    "FIELD",
    "G_0",
    "LAST_B_0",
    "LAST_E_0",
    "PART",
    "POSITION",
    "POSITION_CARRY",
    "START",
    "VELOCITY",
    "VELOCITY_CARRY",
    "load_work",
    "offset",
    "store_carry",
    "write_row",
    "write_rows",
]

# Unsigned, so that no index is taken for one that counts from an array's end.
FIELD: Final = np.uint64(LANES)
POSITION, VELOCITY, POSITION_CARRY, VELOCITY_CARRY, START, ACCELERATION, A_0, CHANGE = (
    np.uint64(field * LANES) for field in range(8)
)
B_0, G_0, E_0, LAST_B_0, LAST_E_0, B_CARRY_0 = (
    np.uint64((8 + COEFFICIENTS * table) * LANES) for table in range(6)
)
PART: Final = np.uint64((8 + COEFFICIENTS * 6) * LANES)
BLOCK: Final = np.uint64(3 * (8 + COEFFICIENTS * 6) * LANES)


@inner
def offset(a: int) -> np.uint64:
    """Return where agent a's first number is in `work`: its x."""
    return np.uint64(a >> 3) * BLOCK + np.uint64(a & 7)


@inner
def load_work(rows: Floats, carry: Floats, agents: int, clock: Floats) -> Floats:
    """Return blocks with the newest records and what the carry holds."""
    blocks = (agents + LANES - 1) // LANES
    work = np.zeros(np.uint64(blocks) * BLOCK)
    for a in range(agents, blocks * LANES):
        for axis in range(3):
            work[offset(a) + np.uint64(axis) * PART + POSITION] = math.nan
    newest = HISTORY - 1
    for a in range(agents):
        at = offset(a)
        work[at + POSITION] = rows[a, newest, X]
        work[at + PART + POSITION] = rows[a, newest, Y]
        work[at + PART + PART + POSITION] = rows[a, newest, Z]
        work[at + VELOCITY] = rows[a, newest, VX]
        work[at + PART + VELOCITY] = rows[a, newest, VY]
        work[at + PART + PART + VELOCITY] = rows[a, newest, VZ]
        for axis in range(3):
            part = at + np.uint64(axis) * PART
            work[part + POSITION_CARRY] = carry[axis * agents + a]
            work[part + VELOCITY_CARRY] = carry[(3 + axis) * agents + a]
    if carry.size > 6 * agents:
        for a in range(agents):
            for axis in range(3):
                part = offset(a) + np.uint64(axis) * PART
                for k in range(COEFFICIENTS):
                    index = (6 + 3 * k + axis) * agents + a
                    of_k = part + np.uint64(k) * FIELD
                    work[of_k + LAST_B_0] = carry[index]
                    work[of_k + LAST_E_0] = carry[index + 3 * COEFFICIENTS * agents]
        clock[0], clock[1] = carry[carry.size - 2], carry[carry.size - 1]
    return work


@inner
def store_carry(work: Floats, clock: Floats, agents: int, carry: Floats) -> None:
    """Write to the carry what `load_work` reads from it."""
    for a in range(agents):
        for axis in range(3):
            part = offset(a) + np.uint64(axis) * PART
            carry[axis * agents + a] = work[part + POSITION_CARRY]
            carry[(3 + axis) * agents + a] = work[part + VELOCITY_CARRY]
            if carry.size > 6 * agents:
                for k in range(COEFFICIENTS):
                    index = (6 + 3 * k + axis) * agents + a
                    of_k = part + np.uint64(k) * FIELD
                    carry[index] = work[of_k + LAST_B_0]
                    carry[index + 3 * COEFFICIENTS * agents] = work[of_k + LAST_E_0]
    if carry.size > 6 * agents:
        carry[carry.size - 2], carry[carry.size - 1] = clock[0], clock[1]


@inner
def write_row(
    rows: Floats,
    a: int,
    row: int,
    time: float,
    iteration: int,
    x: float,
    y: float,
    z: float,
    vx: float,
    vy: float,
    vz: float,
) -> None:
    """Write a record of agent a; STEP and READ are there from `open_buffers` on."""
    rows[a, row, TIME] = time
    rows[a, row, X] = x
    rows[a, row, Y] = y
    rows[a, row, VX] = vx
    rows[a, row, VY] = vy
    rows[a, row, ITERATION] = iteration
    rows[a, row, Z] = z
    rows[a, row, VZ] = vz


@inner
def write_rows(
    rows: Floats, row: int, work: Floats, agents: int, time: float, iteration: int
) -> None:
    """Write a record of each agent."""
    for a in range(agents):
        i = offset(a)
        rows[a, row, TIME] = time
        rows[a, row, X] = work[i + POSITION]
        rows[a, row, Y] = work[i + POSITION + PART]
        rows[a, row, VX] = work[i + VELOCITY]
        rows[a, row, VY] = work[i + VELOCITY + PART]
        rows[a, row, ITERATION] = iteration
        rows[a, row, Z] = work[i + POSITION + PART + PART]
        rows[a, row, VZ] = work[i + VELOCITY + PART + PART]
