"""The dynamical system, the carry of a checkpoint, and the memory that the loops work in.

The agents are in blocks of LANES. A block has three parts, of x, of y and of z. A part has fields
(position, velocity, ...) of LANES numbers, one of each agent of the block. All is in one flat
array, `work`, and the distance between two fields is a constant: so LLVM knows without a test that
writing one does not change another, and turns the loop over the lanes into vector instructions.
Lanes without an agent hold nan, which no comparison takes for a collision or for a largest value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.jit import inner
from sim.kernel.layout import (
    HISTORY,
    ITERATION,
    TIME,
    VX,
    VY,
    VZ,
    Floats,
    Integers,
    X,
    Y,
    Z,
)
from sim.models.nbody.coefficients import drifts_of
from sim.models.nbody.reference import COMPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ACCELERATION",
    "A_0",
    "BLOCK",
    "B_0",
    "CHANGE",
    "COEFFICIENTS",
    "E_0",
    "FIELD",
    "G_0",
    "LANES",
    "LAST_B_0",
    "LAST_E_0",
    "PART",
    "POSITION",
    "POSITION_CARRY",
    "START",
    "VELOCITY",
    "VELOCITY_CARRY",
    "NBodyBuffers",
    "NBodySystem",
    "carry_size",
    "chunk_iterations",
    "initial_carry",
    "load_work",
    "nbody_system",
    "offset",
    "store_carry",
    "write_row",
    "write_rows",
]

LANES: Final = 8  # of 8 bytes: one register of AVX-512, two of AVX2, four of SSE2 or NEON
COEFFICIENTS: Final = 7  # of the polynomials of gauss-radau-15

# Unsigned, so that no index is taken for one that counts from an array's end.
FIELD: Final = np.uint64(LANES)
POSITION, VELOCITY, POSITION_CARRY, VELOCITY_CARRY, START, ACCELERATION, A_0, CHANGE = (
    np.uint64(field * LANES) for field in range(8)
)
B_0, G_0, E_0, LAST_B_0, LAST_E_0 = (
    np.uint64((8 + COEFFICIENTS * table) * LANES) for table in range(5)
)
PART: Final = np.uint64((8 + COEFFICIENTS * 5) * LANES)
BLOCK: Final = np.uint64(3 * (8 + COEFFICIENTS * 5) * LANES)

_MAX_CHUNK: Final = 1024
_MIN_CHUNK: Final = 16
_CHUNK_ROWS: Final = 8192  # of all agents together: 640 KB


class NBodySystem(NamedTuple):
    """The dynamical system: what does not change along a trajectory."""

    primary: Integers  # [M] the rows of what an agent orbits: an agent's, a barycentre's; -1: none
    gravity: Floats  # [M] of its orbit: mu of the primary and of the agent
    chunk: int  # iterations in a chunk, a power of two
    mu: Floats  # [M]
    massive: Integers  # [G] the agents with mu != 0
    barycentre_of: Integers  # [V] the agents that orbit the others' barycentre: rows M, M+1, ...
    dt: float
    drifts: Floats  # [s + 1] of a composition of s leapfrogs, in units of time
    kicks: Floats  # [s] the same; none: gauss-radau-15
    tolerance: float
    # LANES. LLVM does not know the number and so makes vector instructions of a loop over lanes;
    # it would unroll one of known length.
    lanes: int


class NBodyBuffers(NamedTuple):
    """The memory that the kernel works in."""

    rows: Floats  # [M + V, HISTORY + the most steps in a call, SPACE]
    free: Integers  # [M + V] the next free row; the same of all
    work: Floats  # the blocks
    clock: Floats  # [2] of gauss-radau-15: the carry of the time, and the length of the last step


def chunk_iterations(agents: int) -> int:
    """Return the number of iterations in a chunk, a power of two."""
    fitting = max(1, _CHUNK_ROWS // agents)
    return min(_MAX_CHUNK, max(_MIN_CHUNK, 1 << (fitting.bit_length() - 1)))


def nbody_system(
    mu: Sequence[float],
    integrator: str,
    dt: float,
    tolerance: float,
    primary: Sequence[int],
    barycentre_of: Sequence[int] = (),
    gravity: Sequence[float] = (),
) -> NBodySystem:
    """Return the system of these agents, with `primary` as rows: M + i is barycentre i."""
    weights = COMPOSITIONS.get(integrator, ())
    drifts = drifts_of(weights) if weights else ()
    return NBodySystem(
        np.array(primary, np.int64),
        np.array(gravity or [0.0] * len(mu)),
        chunk_iterations(len(mu)),
        np.array(mu, np.float64),
        np.array([a for a, each in enumerate(mu) if each != 0.0], np.int64),
        np.array(barycentre_of, np.int64),
        dt,
        np.array([drift * dt for drift in drifts]),
        np.array([weight * dt for weight in weights]),
        tolerance,
        LANES,
    )


def carry_size(integrator: str, agents: int) -> int:
    """Return the length of the carry.

    It has the carries of x of all agents, of y, z, vx, vy and vz. For gauss-radau-15 follow, of the
    last step, the coefficients b_0 of x of all agents, of y and z, b_1, ..., b_6; the predicted
    coefficients e in the same order; the carry of the time; and the length of the last step.
    """
    if integrator in COMPOSITIONS:
        return 6 * agents
    return (6 + 2 * COEFFICIENTS * 3) * agents + 2


def initial_carry(integrator: str, agents: int, dt: float) -> Floats:
    """Return the carry that a trajectory starts with."""
    carry = np.zeros(carry_size(integrator, agents))
    if integrator not in COMPOSITIONS:
        carry[-1] = dt  # nothing is predicted from zeros, whatever the length
    return carry


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
