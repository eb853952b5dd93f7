"""Lanes of any number of agents: each lane in turn, by the loops for one trajectory.

Which of many agents step in an iteration differs from member to member, and most of them wait: side
by side, members would take all the steps that any of them takes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from sim.jit import implements, inner
from sim.kernel import lanes, stepper
from sim.kernel.layout import (
    HISTORY,
    OK,
    PLANE,
    TIME,
    VX,
    VY,
    X,
    Y,
    discard_old_rows,
    store_ring,
)
from sim.models.nano.kernel.lanes import CHUNK, ManyLanes
from sim.models.nano.kernel.lanes_follow import follow, load_records
from sim.models.nano.kernel.philox import AHEAD, BLOCK, initial_draws
from sim.models.nano.kernel.system import ATTRACTOR_FIELDS, NanoBuffers, NanoSystem, Parameters

if TYPE_CHECKING:
    from sim.kernel.lanes import Members
    from sim.kernel.layout import Floats, Integers

__all__ = ["ManyBuffers"]

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

_PAIR = 2  # agents, which have a kernel of their own


class ManyBuffers(NamedTuple):
    """The memory of lanes of any number of agents."""

    ended: Integers  # [L]
    outcome: Integers  # [L]
    good: Integers  # [L] iterations so far, or before the end
    number: Numbers  # [L] the members
    steps: Integers  # [L, M]
    rows: Floats  # [L, M, HISTORY + CHUNK, PLANE]
    free: Integers  # [L, M]
    draws: Floats  # [L, M, BLOCK or AHEAD]
    closest: Floats  # [A, L], and so on: as of Members
    closest_at: Integers
    escape_at: Integers
    escape_time: Floats
    # What all lanes share:
    massive_index: Integers  # [M]
    mu: Floats  # [G]
    clocks: Floats  # [M + 1]
    clock_bits: Integers  # [M + 1] the same memory
    attractors: Floats  # [ATTRACTOR_FIELDS, G]
    pulls: Floats  # [2, G]


@implements(lanes.open_lanes, ManyLanes)
def open_lanes(system: ManyLanes, members: Members, start: int) -> ManyBuffers:
    """Return buffers that continue members start, start + 1, ..., one to a lane."""
    width, agents, analysed = system.lanes, system.mu.size, system.analysed.size
    numbers = BLOCK if agents == _PAIR else AHEAD
    massive_index, mu = np.full(agents, -1, np.int64), np.empty(system.massive.size)
    for g in range(system.massive.size):
        massive_index[system.massive[g]] = g
        mu[g] = system.mu[system.massive[g]]
    clocks = np.empty(agents + 1)
    buffers = ManyBuffers(
        np.zeros(width, np.int64),
        np.zeros(width, np.int64),
        np.zeros(width, np.int64),
        np.zeros(width, np.uint64),
        np.zeros((width, agents), np.int64),
        np.empty((width, agents, HISTORY + CHUNK, PLANE)),
        np.full((width, agents), HISTORY, np.int64),
        np.empty((width, agents, numbers)),
        np.empty((analysed, width)),
        np.empty((analysed, width), np.int64),
        np.empty((analysed, width), np.int64),
        np.empty((analysed, width)),
        massive_index,
        mu,
        clocks,
        clocks.view(np.int64),
        np.empty((ATTRACTOR_FIELDS, system.massive.size)),
        np.empty((2, system.massive.size)),
    )
    for lane in range(min(width, members.number.size - start)):
        _open_lane(system, buffers, members, start + lane, lane)
    return buffers


@inner
def _open_lane(
    system: ManyLanes, buffers: ManyBuffers, members: Members, m: int, lane: int
) -> None:
    """Take member m of the block into a lane."""
    buffers.number[lane] = members.number[m]
    buffers.steps[lane] = members.steps[:, m]
    buffers.outcome[lane] = members.outcome[m]
    buffers.good[lane] = members.good[m]
    buffers.ended[lane] = -1 if members.outcome[m] == OK else members.good[m]
    buffers.rows[lane, :, :HISTORY] = 0.0
    load_records(buffers.rows[lane], members.ring[:, :, :, m].copy())
    buffers.draws[lane] = initial_draws(
        system.parameters.seed, members.number[m], buffers.steps[lane], buffers.draws.shape[2]
    )
    for j in range(system.analysed.size):
        buffers.closest[j, lane] = members.closest[j, m]
        buffers.closest_at[j, lane] = members.closest_at[j, m]
        buffers.escape_at[j, lane] = members.escape_at[j, m]
        buffers.escape_time[j, lane] = members.escape_time[j, m]


@implements(lanes.close_lanes, ManyLanes)
def close_lanes(system: ManyLanes, buffers: ManyBuffers, members: Members, start: int) -> None:
    """Write the lanes back to their members."""
    ring = np.empty(members.ring.shape[:3])
    for lane in range(min(system.lanes, members.number.size - start)):
        m = start + lane
        members.outcome[m] = buffers.outcome[lane]
        members.good[m] = buffers.good[lane]
        members.steps[:, m] = buffers.steps[lane]
        store_ring(buffers.rows[lane], buffers.free[lane], ring)
        for a in range(system.is_read.size):
            members.ring[a, :, :, m] = ring[a]
            if system.is_read[a] == 0:
                members.ring[a, 1:, :, m] = 0.0
        for j in range(system.analysed.size):
            members.closest[j, m] = buffers.closest[j, lane]
            members.closest_at[j, m] = buffers.closest_at[j, lane]
            members.escape_at[j, m] = buffers.escape_at[j, lane]
            members.escape_time[j, m] = buffers.escape_time[j, lane]


@implements(lanes.advance_lanes, ManyLanes)
def advance_lanes(system: ManyLanes, buffers: ManyBuffers, first: int, count: int) -> bool:
    """Compute `count` iterations, numbered from `first`; return whether a lane goes on."""
    goes_on = False
    for lane in range(system.lanes):
        done = 0
        while buffers.ended[lane] < 0 and done < count:
            at = first + done
            size = min(count - done, system.interval - at % system.interval)
            _advance_lane(system, buffers, lane, at, size)
            done += size
        goes_on |= buffers.ended[lane] < 0
    return goes_on


@inner
def _advance_lane(
    system: ManyLanes, buffers: ManyBuffers, lane: int, first: int, count: int
) -> None:
    """Compute iterations, within an interval, of a lane that has not ended."""
    rows, free, steps = buffers.rows[lane], buffers.free[lane], buffers.steps[lane]
    if first % system.interval == 0:
        _forget_unread(system, rows)
    dt_min, dt_span, epsilon, seed, _ = system.parameters
    of_member = NanoSystem(
        system.mu,
        system.massive,
        system.primary,
        system.mu,
        CHUNK,
        Parameters(dt_min, dt_span, epsilon, seed, buffers.number[lane]),
    )
    own = NanoBuffers(
        rows,
        free,
        buffers.draws[lane],
        buffers.massive_index,
        buffers.mu,
        buffers.clocks,
        buffers.clock_bits,
        buffers.attractors,
        buffers.pulls,
    )
    good, outcome, _, _ = stepper.advance(of_member, own, steps, first, count)
    buffers.good[lane] = first + good
    if outcome != OK:
        buffers.outcome[lane] = outcome
        buffers.ended[lane] = first + good
        return
    for j in range(system.analysed.size):
        a = system.analysed[j]
        (
            buffers.closest[j, lane],
            buffers.closest_at[j, lane],
            buffers.escape_at[j, lane],
            buffers.escape_time[j, lane],
        ) = follow(
            rows,
            free,
            a,
            system.primary[a],
            system.analysed_gravity[j],
            buffers.closest[j, lane],
            buffers.closest_at[j, lane],
            buffers.escape_at[j, lane],
            buffers.escape_time[j, lane],
        )
    discard_old_rows(rows, free)


@inner
def _forget_unread(system: ManyLanes, rows: Floats) -> None:
    """Forget where the newest records that nobody reads begin, as a checkpoint does."""
    for a in range(system.is_read.size):
        if system.is_read[a] == 0 and rows[a, HISTORY - 2, TIME] > -math.inf:
            rows[a, HISTORY - 2, TIME] = 0.0


@implements(lanes.relative_lanes, ManyLanes)
def relative_lanes(system: ManyLanes, buffers: ManyBuffers, j: int, relative: Floats) -> None:
    """Write the newest state of the j-th analysed agent less that of its primary."""
    a = system.analysed[j]
    p = system.primary[a]
    for lane in range(system.lanes):
        rows, own = buffers.rows[lane], buffers.free[lane, a] - 1
        other = buffers.free[lane, p] - 1
        relative[0, lane] = rows[a, own, X] - rows[p, other, X]
        relative[1, lane] = rows[a, own, Y] - rows[p, other, Y]
        relative[2, lane] = 0.0
        relative[3, lane] = rows[a, own, VX] - rows[p, other, VX]
        relative[4, lane] = rows[a, own, VY] - rows[p, other, VY]
        relative[5, lane] = 0.0


@implements(lanes.relative_positions, ManyLanes)
def relative_positions(system: ManyLanes, buffers: ManyBuffers, j: int, relative: Floats) -> None:
    """Write x and y of `relative_lanes` only."""
    a = system.analysed[j]
    p = system.primary[a]
    for lane in range(system.lanes):
        rows, own = buffers.rows[lane], buffers.free[lane, a] - 1
        other = buffers.free[lane, p] - 1
        relative[0, lane] = rows[a, own, X] - rows[p, other, X]
        relative[1, lane] = rows[a, own, Y] - rows[p, other, Y]
