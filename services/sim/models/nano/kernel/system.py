"""The system of `nano` as its kernel takes it, and the memory that the kernel works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from sim.kernel.layout import Floats, Integers

__all__ = ["ATTRACTOR_FIELDS", "NanoBuffers", "NanoSystem", "Parameters"]

ATTRACTOR_FIELDS: Final = 8  # numbers of each massive agent in `NanoBuffers.attractors`


class Parameters(NamedTuple):
    """The scalars of a system, which are cheaper to pass to a function than its arrays."""

    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64
    member: np.uint64


class NanoSystem(NamedTuple):
    """The dynamical system: what does not change along a trajectory."""

    mu: Floats  # [M]
    massive: Integers  # the agents with mu != 0
    primary: Integers  # [M]; -1: none
    gravity: Floats  # [M] of the orbit about the primary: its mu
    chunk: int  # iterations in a chunk, a power of two
    parameters: Parameters


class NanoBuffers(NamedTuple):
    """The memory that the kernel works in."""

    rows: Floats  # [M, HISTORY + the most steps in a call, PLANE]
    free: Integers  # [M] the next free row of each agent
    draws: Floats  # [M, 4 or 16] the current block of random numbers of each agent
    # For the kernel of any number of agents:
    massive_index: Integers  # [M] its index among the massive agents; -1: massless
    mu: Floats  # [G] of the massive agents
    clocks: Floats  # [M + 1] the agents' clocks, and the earliest of them
    clock_bits: Integers  # [M + 1] the same memory as integers
    attractors: Floats  # [ATTRACTOR_FIELDS, G]
    pulls: Floats  # [2, G]
