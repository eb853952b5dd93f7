"""The system of `nbody` as its kernel takes it, its memory, and the carry of a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.models.nbody.coefficients import drifts_of
from sim.models.nbody.reference import COMPOSITIONS

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers
    from sim.models.nbody.scenario import NBodyScenario

__all__ = [
    "COEFFICIENTS",
    "LANES",
    "NBodyBuffers",
    "NBodySystem",
    "chunk_iterations",
    "initial_carry",
    "system_of",
]

LANES: Final = 8  # of 8 bytes: one register of AVX-512, two of AVX2, four of SSE2 or NEON
COEFFICIENTS: Final = 7  # of the polynomials of gauss-radau-15

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
    drift_weights: Floats  # [s + 1] the drifts in units of a step
    kick_weights: Floats  # [s] the same


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


def system_of(scenario: NBodyScenario, seed: int = 0, member: int = 0) -> NBodySystem:  # noqa: ARG001 - nothing is random
    """Return the dynamical system, as the kernel takes it."""
    dt = scenario.dt
    weights = COMPOSITIONS.get(scenario.integrator, ())
    drifts = drifts_of(weights) if weights else ()
    return NBodySystem(
        primary=np.array(scenario.orbited_rows, np.int64),
        gravity=np.array(scenario.gravity, np.float64),
        chunk=chunk_iterations(len(scenario.agents)),
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(scenario.massive, np.int64),
        barycentre_of=np.array(scenario.barycentric, np.int64),
        dt=dt,
        drifts=np.array([drift * dt for drift in drifts], np.float64),
        kicks=np.array([weight * dt for weight in weights], np.float64),
        tolerance=scenario.tolerance or 0.0,
        lanes=LANES,
        drift_weights=np.array(drifts, np.float64),
        kick_weights=np.array(weights, np.float64),
    )


def initial_carry(scenario: NBodyScenario) -> Floats:
    """Return what else than records a trajectory starts from."""
    carry = np.zeros(scenario.carry_size)
    if scenario.integrator not in COMPOSITIONS:
        carry[-1] = scenario.dt  # nothing is predicted from zeros, whatever the length
    return carry
