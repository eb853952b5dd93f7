"""What is followed of the analysed agents of all lanes: relative state, closest approach, escape.

As `sim.kernel.reduce` has it of one trajectory.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.jit import leaf
from sim.models.nbody.kernel.lanes.system import (
    CLOSEST,
    CLOSEST_AT,
    EIGHT,
    ESCAPE_AT,
    WIDTH,
    U,
    V,
    W,
    X,
    Y,
    Z,
    followed_at,
    offset,
)

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["place_of", "relate", "tally"]

_NEVER = -1.0


@leaf
def place_of(place: Integers, own: Integers, a: int, lane: int, field: int) -> np.uint64:
    """Return where one of an agent's numbers in a lane is in `work`.

    Fields are x, y, z, u, v, w, and the carries of these.
    """
    return offset(place[a] + lane * own[a]) + np.uint64(field * WIDTH)


@leaf
def _barycentre(
    work: Floats, place: Integers, mu: Floats, massive: Integers, a: int, field: int
) -> float:
    """Return one of the numbers of the barycentre of all massive agents but a, in common.

    Sums are in the scenario's order, of mu*x and of mu; the barycentre is the first over the last.
    """
    mass = moment = 0.0
    for b in massive:
        if b != a:
            mass += mu[b]
            moment += mu[b] * work[offset(place[b]) + np.uint64(field * WIDTH)]
    return moment / mass


@leaf
def _subtract(
    work: Floats,
    at: np.uint64,
    eights: int,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
    followed: Floats,
    to: np.uint64,
) -> None:
    """Write the states of a tile's lanes less one state, the same in all."""
    for lane in range(eights * EIGHT):
        i, k = at + np.uint64(lane), to + np.uint64(lane)
        followed[k + X] = work[i + X] - x
        followed[k + Y] = work[i + Y] - y
        followed[k + Z] = work[i + Z] - z
        followed[k + U] = work[i + U] - u
        followed[k + V] = work[i + V] - v
        followed[k + W] = work[i + W] - w


@leaf
def _subtract_each(
    work: Floats, at: np.uint64, primary: np.uint64, eights: int, followed: Floats, to: np.uint64
) -> None:
    """Write the states of a tile's lanes less those of their primary."""
    for lane in range(eights * EIGHT):
        i, j, k = at + np.uint64(lane), primary + np.uint64(lane), to + np.uint64(lane)
        followed[k + X] = work[i + X] - work[j + X]
        followed[k + Y] = work[i + Y] - work[j + Y]
        followed[k + Z] = work[i + Z] - work[j + Z]
        followed[k + U] = work[i + U] - work[j + U]
        followed[k + V] = work[i + V] - work[j + V]
        followed[k + W] = work[i + W] - work[j + W]


@leaf
def _subtract_barycentres(
    work: Floats,
    place: Integers,
    mu: Floats,
    massive: Integers,
    a: int,
    first: int,
    run: int,
    followed: Floats,
    to: np.uint64,
) -> None:
    """Write a run of lanes' states less those of the barycentres of all massive agents but a."""
    for field in range(6):
        shift, mass = np.uint64(field * WIDTH), 0.0
        for lane in range(run):
            followed[to + shift + np.uint64(lane)] = 0.0
        for b in massive:
            if b == a:
                continue
            at = offset(place[b] + first) + shift
            mass += mu[b]
            for lane in range(run):
                i = np.uint64(lane)
                followed[to + shift + i] += mu[b] * work[at + i]
        at = offset(place[a] + first) + shift
        for lane in range(run):
            i = np.uint64(lane)
            followed[to + shift + i] = work[at + i] - followed[to + shift + i] / mass


@leaf
def _relate_alike(
    work: Floats,
    place: Integers,
    own: Integers,
    mu: Floats,
    massive: Integers,
    a: int,
    p: int,
    lanes: int,
    followed: Floats,
    start: np.uint64,
) -> None:
    """As `relate` where either is the same in all lanes, or the barycentre of what is."""
    for field in range(6):
        if p >= mu.size:
            number = _barycentre(work, place, mu, massive, a, field)
        for lane in range(lanes):
            if p < mu.size:
                number = work[place_of(place, own, p, lane, field)]
            at = start + followed_at(lanes, 0, lane) + np.uint64(field * WIDTH)
            followed[at] = work[place_of(place, own, a, lane, field)] - number


@leaf
def _relate_once(
    work: Floats, at: np.uint64, primary: np.uint64, lanes: int, followed: Floats, start: np.uint64
) -> None:
    """As `relate` where both are the same in all lanes."""
    for field in range(6):
        shift = np.uint64(field * WIDTH)
        number = work[at + shift] - work[primary + shift]
        for first in range(0, lanes, WIDTH):
            to = start + followed_at(lanes, 0, first) + shift
            for lane in range(min(WIDTH, lanes)):
                followed[to + np.uint64(lane)] = number


@leaf
def relate(
    work: Floats,
    place: Integers,
    own: Integers,
    mu: Floats,
    massive: Integers,
    a: int,
    p: int,
    lanes: int,
    followed: Floats,
    start: np.uint64,
) -> None:
    """Write the newest states of agent a less those of what it orbits, from `start` on."""
    if p < mu.size and own[a] + own[p] == 0:
        _relate_once(work, offset(place[a]), offset(place[p]), lanes, followed, start)
        return
    alike = massive.size > 0 and own[massive[0]] == 0
    if own[a] == 0 or (p >= mu.size and alike):
        _relate_alike(work, place, own, mu, massive, a, p, lanes, followed, start)
        return
    run = min(WIDTH, lanes)
    for first in range(0, lanes, run):
        at, to = offset(place[a] + first), start + followed_at(lanes, 0, first)
        if p >= mu.size:
            _subtract_barycentres(work, place, mu, massive, a, first, run, followed, to)
            continue
        primary = offset(place[p] + first * own[p])
        if own[p] == 1:
            _subtract_each(work, at, primary, run // EIGHT, followed, to)
        else:
            x, y, z = work[primary + X], work[primary + Y], work[primary + Z]
            u, v, w = work[primary + U], work[primary + V], work[primary + W]
            _subtract(work, at, run // EIGHT, x, y, z, u, v, w, followed, to)


@leaf
def tally(followed: Floats, start: np.uint64, lanes: int, mu: float, iteration: int) -> None:
    """Follow an agent's distance and energy at the start of a step: the least, since when e > 0."""
    now, eights = float(iteration), (min(WIDTH, lanes) + EIGHT - 1) // EIGHT
    for first in range(0, lanes, WIDTH):
        at = start + followed_at(lanes, 0, first)
        for lane in range(eights * EIGHT):
            i = at + np.uint64(lane)
            x, y, z = followed[i + X], followed[i + Y], followed[i + Z]
            u, v, w = followed[i + U], followed[i + V], followed[i + W]
            r = math.sqrt((x * x + y * y) + z * z)
            energy = 0.5 * ((u * u + v * v) + w * w) - mu / r
            least, when = followed[i + CLOSEST], followed[i + CLOSEST_AT]
            since = followed[i + ESCAPE_AT]
            # The first may be infinite; one that is no number is none.
            nearer = (r < least) | ((when == _NEVER) & (r <= math.inf))
            followed[i + CLOSEST] = r if nearer else least
            followed[i + CLOSEST_AT] = now if nearer else when
            going = now if since == _NEVER else since
            followed[i + ESCAPE_AT] = going if energy > 0.0 else _NEVER
