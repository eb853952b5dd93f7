"""What `nbody` brings to the loop over a block of members: open lanes, advance, close them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import implements, inner, leaf
from sim.kernel import lanes as generic
from sim.kernel.layout import COLLISION, DIVERGENCE, OK, STANDSTILL
from sim.models.nbody.kernel.lanes.bodies import step_bodies
from sim.models.nbody.kernel.lanes.particles import step_particles
from sim.models.nbody.kernel.lanes.replay import collides
from sim.models.nbody.kernel.lanes.system import (
    CLOSEST,
    CLOSEST_AT,
    ESCAPE_AT,
    FIELDS,
    FOLLOWED,
    STATE,
    WIDTH,
    NBodyLaneBuffers,
    NBodyLanes,
    followed_at,
    offset,
)
from sim.models.nbody.kernel.lanes.tally import place_of, relate, tally

if TYPE_CHECKING:
    from sim.kernel.lanes import Members
    from sim.kernel.layout import Floats

__all__ = ["advance_lanes", "close_lanes", "open_lanes", "relative_lanes", "relative_positions"]

_PARKED: Final = 1e50  # where those are whose trajectory has ended: no number there is too small
_NO_LANE: Final = -1


@implements(generic.open_lanes, NBodyLanes)
def open_lanes(system: NBodyLanes, members: Members, start: int) -> NBodyLaneBuffers:
    """Return buffers that continue members start, start + 1, ..., one to a lane."""
    lanes, analysed, massive = system.lanes, system.analysed.size, system.massive.size
    tiles = system.common // WIDTH
    in_common = massive if system.alike else 0
    every = tiles + (in_common + WIDTH - 1) // WIDTH
    buffers = NBodyLaneBuffers(
        ended=np.zeros(lanes, np.int64),
        reason=np.full(lanes, OK),
        work=np.zeros(every * FIELDS * WIDTH),
        live=np.zeros(tiles, np.int64),
        path=np.zeros((system.kicks.size, in_common, 3)),
        followed=np.zeros(analysed * ((lanes + WIDTH - 1) // WIDTH) * FOLLOWED),
        done=np.zeros(1, np.int64),
    )
    for element in range(every * WIDTH):
        buffers.work[offset(element)] = _PARKED
    for lane in range(lanes):
        _park(system, buffers, lane)
    leader = _NO_LANE
    for lane in range(min(lanes, members.number.size - start)):
        m = start + lane
        if members.outcome[m] != OK:
            buffers.ended[lane], buffers.reason[lane] = members.good[m], members.outcome[m]
            continue
        buffers.ended[lane] = -1
        _load(system, buffers, members, m, lane, leader == _NO_LANE)
        leader = lane
    _count_live(system, buffers)
    _relate_all(system, buffers)
    return buffers


@inner
def _load(
    system: NBodyLanes,
    buffers: NBodyLaneBuffers,
    members: Members,
    m: int,
    lane: int,
    is_first: bool,  # noqa: FBT001 - numba has no keywords here
) -> None:
    """Read a member into its lane; of the first, also what moves alike in all."""
    agents, own, place, work = system.mu.size, system.own, system.place, buffers.work
    for a in range(agents):
        if own[a] == 0 and not is_first:
            continue
        for field in range(6):
            carry = members.carry[field * agents + a, m]
            work[place_of(place, own, a, lane, field)] = members.ring[a, 0, 3 + field, m]
            work[place_of(place, own, a, lane, 6 + field)] = carry
    for j in range(system.analysed.size):
        at = followed_at(system.lanes, j, lane)
        buffers.followed[at + CLOSEST] = members.closest[j, m]
        buffers.followed[at + CLOSEST_AT] = float(members.closest_at[j, m])
        buffers.followed[at + ESCAPE_AT] = float(members.escape_at[j, m])


@leaf
def _park(system: NBodyLanes, buffers: NBodyLaneBuffers, lane: int) -> None:
    """Put a lane's own agents where they stay finite and apart, for ever."""
    for a in range(system.mu.size):
        if system.own[a] == 1:
            for field in range(STATE):
                at = place_of(system.place, system.own, a, lane, field)
                buffers.work[at] = (a + 1) * _PARKED if field == 0 else 0.0


@leaf
def _count_live(system: NBodyLanes, buffers: NBodyLaneBuffers) -> None:
    """Count the elements of each tile that belong to lanes that go on."""
    live = buffers.live
    live[:] = 0
    for lane in range(system.lanes):
        if buffers.ended[lane] >= 0:
            continue
        for a in range(system.mu.size):
            element = system.place[a] + lane * system.own[a]
            if element < system.elements:
                live[element // WIDTH] += 1


@implements(generic.advance_lanes, NBodyLanes, as_leaf=True)
def advance_lanes(system: NBodyLanes, buffers: NBodyLaneBuffers, first: int, count: int) -> bool:
    """Compute `count` iterations, numbered from `first`, of all lanes that have not ended.

    Returns whether a lane goes on.
    """
    return _advance(system, buffers, first, count)


@leaf
def _advance(system: NBodyLanes, buffers: NBodyLaneBuffers, first: int, count: int) -> bool:
    work, live, mu, massive = buffers.work, buffers.live, system.mu, system.massive
    drifts, kicks, dt = system.drifts, system.kicks, system.dt
    for iteration in range(first, first + count):
        for j in range(system.analysed.size):
            start = followed_at(system.lanes, j, 0)
            tally(buffers.followed, start, system.lanes, system.analysed_gravity[j], iteration)
        if system.alike:
            finite = step_particles(
                work, live, system.elements, system.common, system.attracting, buffers.path,
                drifts, kicks,
            )  # fmt: skip
        else:
            finite = step_bodies(work, live, system.lanes, system.place, mu, massive, drifts, kicks)
        before, time = iteration * dt, (iteration + 1) * dt
        if time == before or not math.isfinite(time) or not finite:
            of_all = STANDSTILL if time == before else OK if math.isfinite(time) else DIVERGENCE
            _end(system, buffers, iteration, of_all)
        _relate_all(system, buffers)
        buffers.done[0] += 1
    going = 0
    for lane in range(system.lanes):
        going += buffers.ended[lane] < 0
    return going > 0


@leaf
def _relate_all(system: NBodyLanes, buffers: NBodyLaneBuffers) -> None:
    """Compute the newest states of the analysed agents less those of what they orbit."""
    for j in range(system.analysed.size):
        relate(
            buffers.work, system.place, system.own, system.mu, system.massive, system.analysed[j],
            system.primary[j], system.lanes, buffers.followed, followed_at(system.lanes, j, 0),
        )  # fmt: skip


@leaf
def _end(system: NBodyLanes, buffers: NBodyLaneBuffers, iteration: int, of_all: int) -> None:
    """End the lanes that this iteration ends: for a reason of all, or one of their own.

    A collision is found in the middle of a step, before its time and its states are looked at.
    """
    for lane in range(system.lanes):
        if buffers.ended[lane] >= 0:
            continue
        reason, finite = of_all, True
        for a in range(system.mu.size):
            finite &= _is_finite(buffers.work, place_of(system.place, system.own, a, lane, 0))
        if not finite and collides(system, buffers.work, lane):
            reason = COLLISION
        elif not finite and reason == OK:
            reason = DIVERGENCE
        if reason != OK:
            buffers.ended[lane], buffers.reason[lane] = iteration, reason
        if buffers.ended[lane] >= 0:
            _park(system, buffers, lane)
    _count_live(system, buffers)


@leaf
def _is_finite(work: Floats, at: np.uint64) -> bool:
    total = 0.0
    for axis in range(3):
        value = work[at + np.uint64(axis * WIDTH)]
        total += value - value
    finite: bool = total == 0.0
    return finite


@implements(generic.relative_lanes, NBodyLanes, as_leaf=True)
def relative_lanes(
    system: NBodyLanes,
    buffers: NBodyLaneBuffers,
    j: int,
    relative: Floats,
) -> None:
    """Write the newest state of the j-th analysed agent less that of its primary."""
    for field in range(6):
        for first in range(0, system.lanes, WIDTH):
            at = followed_at(system.lanes, j, first) + np.uint64(field * WIDTH)
            for lane in range(min(WIDTH, system.lanes)):
                relative[field, first + lane] = buffers.followed[at + np.uint64(lane)]


@implements(generic.relative_positions, NBodyLanes, as_leaf=True)
def relative_positions(
    system: NBodyLanes,
    buffers: NBodyLaneBuffers,
    j: int,
    relative: Floats,
) -> None:
    """Write x and y of `relative_lanes` only."""
    for field in range(2):
        for first in range(0, system.lanes, WIDTH):
            at = followed_at(system.lanes, j, first) + np.uint64(field * WIDTH)
            for lane in range(min(WIDTH, system.lanes)):
                relative[field, first + lane] = buffers.followed[at + np.uint64(lane)]


@implements(generic.close_lanes, NBodyLanes)
def close_lanes(
    system: NBodyLanes, buffers: NBodyLaneBuffers, members: Members, start: int
) -> None:
    """Write the lanes back to their members."""
    for lane in range(min(system.lanes, members.number.size - start)):
        m = start + lane
        if buffers.ended[lane] >= 0:
            members.outcome[m], members.good[m] = buffers.reason[lane], buffers.ended[lane]
        elif buffers.done[0] > 0:
            _store(system, buffers, members, m, lane)


@inner
def _store(
    system: NBodyLanes, buffers: NBodyLaneBuffers, members: Members, m: int, lane: int
) -> None:
    """Write a lane that goes on back to its member."""
    agents, done = system.mu.size, buffers.done[0]
    members.good[m] += done
    for a in range(agents):
        members.steps[a, m] += done
        ring, steps = members.ring[a, 0, :, m], members.steps[a, m]
        ring[0], ring[1], ring[2] = (steps - 1) * system.dt, steps * system.dt, system.dt
        for field in range(6):
            ring[3 + field] = buffers.work[place_of(system.place, system.own, a, lane, field)]
            carry = buffers.work[place_of(system.place, system.own, a, lane, 6 + field)]
            members.carry[field * agents + a, m] = carry
    for j in range(system.analysed.size):
        at = followed_at(system.lanes, j, lane)
        members.closest[j, m] = buffers.followed[at + CLOSEST]
        members.closest_at[j, m] = int(buffers.followed[at + CLOSEST_AT])
        since = buffers.followed[at + ESCAPE_AT]
        members.escape_at[j, m] = int(since)
        members.escape_time[j, m] = since * system.dt if since >= 0.0 else math.nan
