"""Lanes of two agents, of which one or both attract: all lanes at once, by vector instructions.

The iterations of a call are computed for all lanes together. A lane that is in doubt after them
(it may have ended, or a comparison was too close to tell) goes back to where it was before and is
computed by the loop for one trajectory, which decides: so its outcome, too, is that loop's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from sim.jit import implements, inlined, inner, leaf
from sim.kernel import lanes
from sim.kernel.layout import (
    DIVERGENCE,
    HISTORY,
    OK,
    PLANE,
    first_divergence,
    is_finite,
    store_ring,
)
from sim.models.nano.kernel.lanes import AHEAD_BLOCKS, CHUNK, PairLanes
from sim.models.nano.kernel.lanes_draws import draw_steps
from sim.models.nano.kernel.lanes_follow import follow, load_records
from sim.models.nano.kernel.lanes_steps import (
    AT,
    CLOSEST,
    CLOSEST_AT,
    COUNT,
    COUNT_0,
    ESCAPE_AT,
    ESCAPE_TIME,
    FIELDS,
    FROM,
    LANES,
    PART,
    RING,
    STEP,
    TIME,
    VX,
    VY,
    X,
    Y,
    iterate_lanes,
)
from sim.models.nano.kernel.philox import BLOCK, initial_draws
from sim.models.nano.kernel.system import Parameters
from sim.models.nano.kernel.two_agents import advance_two

if TYPE_CHECKING:
    from sim.kernel.lanes import Members
    from sim.kernel.layout import Floats, Integers

__all__ = ["PairBuffers"]

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

_DRAWN: Final = AHEAD_BLOCKS * BLOCK
_RING: Final = np.uint64(RING)
_SLOT: Final = np.uint64(RING - 1)
_COUNT_0: Final = np.float64(COUNT_0).view(np.int64)  # as bits
_BITS_OF_BLOCK: Final = np.uint64(BLOCK.bit_length() - 1)
_NEVER: Final = 2**62
_RINGS: Final = np.uint64(RING * LANES)  # of one agent
_FAR: Final = 2.0**500  # a state beyond it is in doubt

_iterate_0 = iterate_lanes(pulls_0=True, pulls_1=False)
_iterate_1 = iterate_lanes(pulls_0=False, pulls_1=True)
_iterate_both = iterate_lanes(pulls_0=True, pulls_1=True)


class PairBuffers(NamedTuple):
    """The memory of lanes of two agents."""

    ended: Integers  # [L]
    outcome: Integers  # [L]
    good: Integers  # [L] iterations so far, or before the end
    number: Numbers  # [L] the members
    work: Floats  # [2 * PART] the lanes
    bits: Integers  # the same memory as integers
    before: Floats  # [2 * PART] the lanes before the call
    steps: Floats  # [2 * LANES * RING] the agents' time steps, by number modulo RING
    drawn: Integers  # [2, L] the number of steps whose lengths are drawn
    first_velocity: Floats  # [2, 2, L] of the initial records: they may be -0.0


@implements(lanes.open_lanes, PairLanes)
def open_lanes(system: PairLanes, members: Members, start: int) -> PairBuffers:
    """Return buffers that continue members start, start + 1, ..., one to a lane."""
    work = np.zeros(2 * PART)
    buffers = PairBuffers(
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.uint64),
        work,
        work.view(np.int64),
        np.zeros(2 * PART),
        np.zeros(2 * LANES * RING),
        np.zeros((2, LANES), np.int64),
        np.zeros((2, 2, LANES)),
    )
    for lane in range(LANES):
        m = start + lane
        if m < members.number.size:
            buffers.outcome[lane], buffers.good[lane] = members.outcome[m], members.good[m]
            buffers.number[lane] = members.number[m]
        if m < members.number.size and members.outcome[m] == OK:
            buffers.ended[lane] = -1
            _open_lane(system, buffers, members, m, lane)
        else:
            buffers.ended[lane] = buffers.good[lane]
            _freeze(buffers, lane)
    return buffers


@inner
def _freeze(buffers: PairBuffers, lane: int) -> None:
    """Have both agents of a lane wait for ever."""
    i = np.uint64(lane)
    for part in range(2):
        p = i + np.uint64(part * PART)
        for field in range(FIELDS):
            buffers.work[p + np.uint64(field * LANES)] = 0.0
        buffers.work[p + AT[TIME]] = -math.inf
        buffers.drawn[part, lane] = _NEVER


@inner
def _open_lane(
    system: PairLanes, buffers: PairBuffers, members: Members, m: int, lane: int
) -> None:
    """Take member m of the block, which has not ended, into a lane."""
    work, steps = buffers.work, buffers.steps
    ring = members.ring[:, :, :, m].copy()
    for a in range(2):
        taken = members.steps[a, m]
        buffers.first_velocity[a, 0, lane] = ring[a, min(taken, 2), 5]
        buffers.first_velocity[a, 1, lane] = ring[a, min(taken, 2), 6]
        at = np.uint64(a) * _RINGS + np.uint64(lane) * _RING
        group = taken & -_DRAWN
        buffers.drawn[a, lane] = max(0, group - _DRAWN)
        while buffers.drawn[a, lane] <= group:
            _draw(
                system.parameters, buffers.number[lane], a, lane, steps, buffers.drawn, system.half
            )
        for depth in range(3):
            if taken == depth:  # the length of the first step is not drawn
                steps[at + _SLOT] = ring[a, depth, 2]
    for j in range(system.analysed.size):
        p = np.uint64(lane) + np.uint64(system.analysed[j] * PART)
        work[p + AT[CLOSEST]] = members.closest[j, m]
        work[p + AT[CLOSEST_AT]] = members.closest_at[j, m]
        work[p + AT[ESCAPE_AT]] = members.escape_at[j, m]
        work[p + AT[ESCAPE_TIME]] = members.escape_time[j, m]
    for a in range(2):
        if system.follows[a] == 0:
            p = np.uint64(lane) + np.uint64(a * PART)
            work[p + AT[CLOSEST]] = work[p + AT[CLOSEST_AT]] = 0.0  # nothing is closer
    _load_lane(system, buffers, ring, members.steps[:, m].copy(), lane)


@inner
def _load_lane(
    system: PairLanes, buffers: PairBuffers, ring: Floats, taken: Integers, lane: int
) -> None:
    """Write a ring and numbers of steps to a lane."""
    work = buffers.work
    for a in range(2):
        p = np.uint64(lane) + np.uint64(a * PART)
        work[p + AT[TIME]], work[p + AT[STEP]] = ring[a, 0, 1], ring[a, 0, 2]
        for depth in range(3):
            d = np.uint64(depth * LANES)
            is_there = depth <= taken[a]
            work[p + AT[FROM] + d] = ring[a, depth, 0] if is_there else -math.inf
            work[p + AT[X] + d], work[p + AT[Y] + d] = ring[a, depth, 3], ring[a, depth, 4]
            work[p + AT[VX] + d], work[p + AT[VY] + d] = ring[a, depth, 5], ring[a, depth, 6]
        if system.mu[1 - a] == 0.0:  # as its first step changes it: -0.0 becomes 0.0
            work[p + AT[VX]] += 0.0
            work[p + AT[VY]] += 0.0
        work[p + AT[COUNT]] = COUNT_0 + taken[a]


@inner
def _store_lane(
    system: PairLanes, buffers: PairBuffers, work: Floats, lane: int, ring: Floats, taken: Integers
) -> None:
    """Write a lane of `work` to a ring and numbers of steps; zeros where there is no record."""
    for a in range(2):
        p = np.uint64(lane) + np.uint64(a * PART)
        taken[a] = int(work[p + AT[COUNT]] - COUNT_0)
        ring[a] = 0.0
        ends = work[p + AT[TIME]]
        for depth in range(min(taken[a], 2) + 1 if system.is_read[a] else 1):
            d = np.uint64(depth * LANES)
            ring[a, depth, 0], ring[a, depth, 1] = work[p + AT[FROM] + d], ends
            ends = ring[a, depth, 0]
            slot = np.uint64(taken[a] - 1 - depth) & _SLOT
            ring[a, depth, 2] = buffers.steps[
                np.uint64(a) * _RINGS + np.uint64(lane) * _RING + slot
            ]
            ring[a, depth, 3], ring[a, depth, 4] = work[p + AT[X] + d], work[p + AT[Y] + d]
            if system.mu[1 - a] == 0.0:  # its velocity stays what it is after the first step
                d = np.uint64(0)
            ring[a, depth, 5], ring[a, depth, 6] = work[p + AT[VX] + d], work[p + AT[VY] + d]
            if depth == taken[a]:
                ring[a, depth, 5] = buffers.first_velocity[a, 0, lane]
                ring[a, depth, 6] = buffers.first_velocity[a, 1, lane]


@implements(lanes.close_lanes, PairLanes)
def close_lanes(system: PairLanes, buffers: PairBuffers, members: Members, start: int) -> None:
    """Write the lanes back to their members."""
    work = buffers.work
    ring, taken = np.empty(members.ring.shape[:3]), np.empty(2, np.int64)
    for lane in range(min(LANES, members.number.size - start)):
        m = start + lane
        members.outcome[m], members.good[m] = buffers.outcome[lane], buffers.good[lane]
        if buffers.ended[lane] >= 0:
            continue
        _store_lane(system, buffers, work, lane, ring, taken)
        members.ring[:, :, :, m] = ring
        members.steps[:, m] = taken
        for j in range(system.analysed.size):
            p = np.uint64(lane) + np.uint64(system.analysed[j] * PART)
            members.closest[j, m] = work[p + AT[CLOSEST]]
            members.closest_at[j, m] = int(work[p + AT[CLOSEST_AT]])
            escape_at = int(work[p + AT[ESCAPE_AT]])
            members.escape_at[j, m] = escape_at
            members.escape_time[j, m] = math.nan if escape_at < 0 else work[p + AT[ESCAPE_TIME]]


@implements(lanes.advance_lanes, PairLanes)
def advance_lanes(system: PairLanes, buffers: PairBuffers, first: int, count: int) -> bool:
    """Compute `count` iterations, numbered from `first`; return whether a lane goes on."""
    done = 0
    while done < count:
        at = first + done
        size = min(count - done, system.interval - at % system.interval)
        if at % system.interval == 0:
            _forget_unread(system, buffers.work)
        _advance(system, buffers, at, size)
        done += size
    goes_on = False
    for lane in range(LANES):
        goes_on |= buffers.ended[lane] < 0
    return goes_on


@inner
def _forget_unread(system: PairLanes, work: Floats) -> None:
    """Forget where the newest records that nobody reads begin, as a checkpoint does."""
    for a in range(2):
        if system.is_read[a] == 0:
            for lane in range(LANES):
                p = np.uint64(lane) + np.uint64(a * PART) + AT[FROM]
                if work[p] > -math.inf:
                    work[p] = 0.0


@leaf
def _draw(
    parameters: Parameters,
    member: np.uint64,
    a: int,
    lane: int,
    steps: Floats,
    drawn: Integers,
    half: int,
) -> None:
    """Draw the next time steps of an agent."""
    dt_min, dt_span, _, seed, _ = parameters
    following = np.uint64(drawn[a, lane])
    at = np.uint64(a) * _RINGS + np.uint64(lane) * _RING + (following & _SLOT)
    block = following >> _BITS_OF_BLOCK
    draw_steps(seed, np.uint64(a), member, dt_min, dt_span, block, half, steps, at)
    drawn[a, lane] += _DRAWN


@leaf
def _draw_ahead(
    parameters: Parameters,
    number: Numbers,
    bits: Integers,
    steps: Floats,
    drawn: Integers,
    half: int,
    count: int,
) -> None:
    """Draw more time steps for the agents that have less than `count` left."""
    enough = count - _COUNT_0
    for a in range(2):
        taken = np.uint64(a * PART) + AT[COUNT]
        for lane in range(LANES):
            if drawn[a, lane] - bits[np.uint64(lane) + taken] < enough:
                _draw(parameters, number[lane], a, lane, steps, drawn, half)


@inlined
def _feed(work: Floats, bits: Integers, steps: Floats) -> None:
    """Look up the length of each agent's next step."""
    for lane in range(LANES):
        i = np.uint64(lane)
        j = i + np.uint64(PART)
        slot_0, slot_1 = np.uint64(bits[i + AT[COUNT]]), np.uint64(bits[j + AT[COUNT]])
        work[i + AT[STEP]] = steps[i * _RING + (slot_0 & _SLOT)]
        work[j + AT[STEP]] = steps[_RINGS + i * _RING + (slot_1 & _SLOT)]


@leaf
def _iterate(
    mu: Floats,
    epsilon: float,
    below: Floats,
    above: Floats,
    wide: int,
    work: Floats,
    bits: Integers,
    steps: Floats,
    first: int,
    count: int,
) -> None:
    """Compute iterations of all lanes; they have steps enough."""
    mu_0, mu_1 = mu[0], mu[1]
    b0, b1, a0, a1 = below[0], below[1], above[0], above[1]
    number = float(first)
    for _ in range(count):
        if mu_1 == 0.0:
            _iterate_0(work, wide, epsilon, number, mu_0, mu_1, b0, b1, a0, a1)
        elif mu_0 == 0.0:
            _iterate_1(work, wide, epsilon, number, mu_0, mu_1, b0, b1, a0, a1)
        else:
            _iterate_both(work, wide, epsilon, number, mu_0, mu_1, b0, b1, a0, a1)
        _feed(work, bits, steps)
        number += 1.0


@inner
def _advance(system: PairLanes, buffers: PairBuffers, first: int, count: int) -> None:
    """Compute iterations, within an interval, of all lanes."""
    sane = _advance_all(
        system.parameters,
        system.mu,
        system.below,
        system.above,
        system.late,
        system.wide,
        system.half,
        buffers.number,
        buffers.ended,
        buffers.good,
        buffers.work,
        buffers.bits,
        buffers.before,
        buffers.steps,
        buffers.drawn,
        first,
        count,
    )
    if not sane:
        for lane in range(LANES):
            if buffers.ended[lane] < 0 and not _are_sane(buffers.work, 1, system.late, lane):
                _advance_alone(system, buffers, lane, first, count)


@leaf
def _advance_all(
    parameters: Parameters,
    mu: Floats,
    below: Floats,
    above: Floats,
    late: float,
    wide: int,
    half: int,
    number: Numbers,
    ended: Integers,
    good: Integers,
    work: Floats,
    bits: Integers,
    before: Floats,
    steps: Floats,
    drawn: Integers,
    first: int,
    count: int,
) -> bool:
    """Compute iterations as if no lane were in doubt; return whether none is."""
    for i in range(before.size):
        before[i] = work[i]
    _draw_ahead(parameters, number, bits, steps, drawn, half, count)
    _iterate(mu, parameters.epsilon, below, above, wide, work, bits, steps, first, count)
    for lane in range(LANES):
        good[lane] = first + count if ended[lane] < 0 else good[lane]
    return _are_sane(work, wide, late, 0)


@leaf
def _are_sane(work: Floats, lanes: int, late: float, lane: int) -> bool:
    """Return whether what so many lanes say, from `lane` on, is beyond doubt.

    One that has ended is.
    """
    sane = True
    for k in range(lanes):
        i = np.uint64(lane) + np.uint64(k)
        j = i + np.uint64(PART)
        sane &= (abs(work[i + AT[X]]) < _FAR) & (abs(work[i + AT[Y]]) < _FAR)
        sane &= (abs(work[j + AT[X]]) < _FAR) & (abs(work[j + AT[Y]]) < _FAR)
        sane &= (work[i + AT[TIME]] < late) & (work[j + AT[TIME]] < late)
        sane &= (work[i + AT[CLOSEST]] >= 0.0) & (work[j + AT[CLOSEST]] >= 0.0)
        sane &= (work[i + AT[CLOSEST_AT]] >= 0.0) & (work[j + AT[CLOSEST_AT]] >= 0.0)
    return sane


@inner
def _advance_alone(
    system: PairLanes, buffers: PairBuffers, lane: int, first: int, count: int
) -> None:
    """Compute the iterations of a lane from what was before, by the loop for one trajectory."""
    work, before, mu = buffers.work, buffers.before, system.mu
    dt_min, dt_span, epsilon, seed, _ = system.parameters
    ring, taken = np.empty((2, 3, 7)), np.empty(2, np.int64)
    _store_lane(system, buffers, before, lane, ring, taken)
    rows, free = np.zeros((2, HISTORY + CHUNK, PLANE)), np.full(2, HISTORY)
    load_records(rows, ring)
    parameters = Parameters(dt_min, dt_span, epsilon, seed, buffers.number[lane])
    draws = initial_draws(seed, buffers.number[lane], taken, BLOCK)
    good, outcome, _, _ = advance_two(mu, parameters, rows, free, draws, taken, first, count)
    if not (is_finite(rows, 0, free[0] - 1) and is_finite(rows, 1, free[1] - 1)):
        _, iteration = first_divergence(rows, free)
        good, outcome = iteration - first, DIVERGENCE
    if outcome != OK:
        buffers.outcome[lane] = outcome
        buffers.good[lane] = buffers.ended[lane] = first + good
        _freeze(buffers, lane)
        return
    store_ring(rows, free, ring)
    _load_lane(system, buffers, ring, taken, lane)
    for j in range(system.analysed.size):
        a = system.analysed[j]
        p = np.uint64(lane) + np.uint64(a * PART)
        (
            work[p + AT[CLOSEST]],
            work[p + AT[CLOSEST_AT]],
            work[p + AT[ESCAPE_AT]],
            work[p + AT[ESCAPE_TIME]],
        ) = follow(
            rows,
            free,
            a,
            1 - a,
            system.analysed_gravity[j],
            before[p + AT[CLOSEST]],
            int(before[p + AT[CLOSEST_AT]]),
            int(before[p + AT[ESCAPE_AT]]),
            before[p + AT[ESCAPE_TIME]],
        )


@implements(lanes.relative_lanes, PairLanes)
def relative_lanes(system: PairLanes, buffers: PairBuffers, j: int, relative: Floats) -> None:
    """Write the newest state of the j-th analysed agent less that of its primary."""
    work, a = buffers.work, system.analysed[j]
    own, other = np.uint64(a * PART), np.uint64((1 - a) * PART)
    for lane in range(system.wide):
        i = np.uint64(lane)
        relative[0, lane] = work[i + own + AT[X]] - work[i + other + AT[X]]
        relative[1, lane] = work[i + own + AT[Y]] - work[i + other + AT[Y]]
        relative[2, lane] = 0.0
        relative[3, lane] = work[i + own + AT[VX]] - work[i + other + AT[VX]]
        relative[4, lane] = work[i + own + AT[VY]] - work[i + other + AT[VY]]
        relative[5, lane] = 0.0


@implements(lanes.relative_positions, PairLanes)
def relative_positions(system: PairLanes, buffers: PairBuffers, j: int, relative: Floats) -> None:
    """Write x and y of `relative_lanes` only."""
    work, a = buffers.work, system.analysed[j]
    own, other = np.uint64(a * PART), np.uint64((1 - a) * PART)
    for lane in range(system.wide):
        i = np.uint64(lane)
        relative[0, lane] = work[i + own + AT[X]] - work[i + other + AT[X]]
        relative[1, lane] = work[i + own + AT[Y]] - work[i + other + AT[Y]]
