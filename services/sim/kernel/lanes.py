"""Members of an ensemble side by side: what a model's kernel brings for the loop over a block.

A block of B members is advanced in groups of lanes, one member to a lane, all in step by
iterations. What belongs to a member stands in arrays whose last axis is the member (`Members`).
Compiled code calls the functions below; which function that is depends on the type of the system
(`sim.jit.implements`). Each member has the bits that the loops for one trajectory give it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from sim.kernel.layout import Floats, Integers  # noqa: TC001 - fields of a NamedTuple

__all__ = [
    "LaneBuffers",
    "LaneSystem",
    "Members",
    "advance_lanes",
    "close_lanes",
    "open_lanes",
    "relative_lanes",
    "relative_positions",
]

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]


class Members(NamedTuple):
    """A block of B members between two calls: what a checkpoint of them holds.

    Of M agents, of which A are analysed. `ring` and `carry` are as in a checkpoint of one
    trajectory (`sim.kernel.layout`), with the member as their last axis. The last four follow the
    analysed agents as the diagnostics of one trajectory do: at the start of each step, as the agent
    reads its primary.

    A member ends where its trajectory does; what else than `outcome` and `good` is kept of it then
    is not defined.
    """

    number: Numbers  # uint64[B] the members' numbers, which choose their streams
    steps: Integers  # [M, B] steps taken
    ring: Floats  # [M, D, F, B] the newest D records, newest first
    carry: Floats  # [K, B]
    outcome: Integers  # [B] OK, or why it has ended: COLLISION, DIVERGENCE, STANDSTILL
    good: Integers  # [B] iterations before its end; those so far where it has not ended
    closest: Floats  # [A, B] least distance; inf before the first step
    closest_at: Integers  # [A, B] the first iteration that has it; -1 before the first step
    escape_at: Integers  # [A, B] iteration from which the energy has been above 0; -1: it is not
    escape_time: Floats  # [A, B] the agent's clock at the start of that step; nan: none


class LaneSystem(Protocol):
    """What the loop over a block reads of a system in lanes; a model's own has more."""

    @property
    def lanes(self) -> int:
        """Members side by side."""

    @property
    def analysed(self) -> Integers:
        """The analysed agents, int64[A]; each has a primary."""

    @property
    def analysed_gravity(self) -> Floats:
        """The mu of each one's orbit about its primary, float64[A]."""

    @property
    def sample_every(self) -> int:
        """Iterations from one sample of the density to the next, a power of two."""


class LaneBuffers(Protocol):
    """What the loop over a block reads of the memory that a model works in."""

    @property
    def ended(self) -> Integers:
        """Of each lane the good iterations before its end, or -1: it goes on; int64[lanes].

        A lane without a member has ended at 0.
        """


def open_lanes(system: LaneSystem, members: Members, start: int) -> LaneBuffers:
    """Return buffers that continue members start, start + 1, ..., one to a lane."""
    raise NotImplementedError


def advance_lanes(system: LaneSystem, buffers: LaneBuffers, first: int, count: int) -> bool:
    """Compute `count` iterations, numbered from `first`, of all lanes that have not ended.

    At most `sample_every` iterations or, if that is less than 16, at most 16. Returns whether a
    lane goes on.
    """
    raise NotImplementedError


def relative_lanes(system: LaneSystem, buffers: LaneBuffers, j: int, relative: Floats) -> None:
    """Write the newest state of the j-th analysed agent less that of its primary.

    `relative` float64[6, lanes]: x, y, z, vx, vy, vz; 0 for z and vz in the plane.
    """
    raise NotImplementedError


def relative_positions(system: LaneSystem, buffers: LaneBuffers, j: int, relative: Floats) -> None:
    """Write x and y of `relative_lanes` only."""
    raise NotImplementedError


def close_lanes(system: LaneSystem, buffers: LaneBuffers, members: Members, start: int) -> None:
    """Write the lanes back to their members."""
    raise NotImplementedError
