"""A step of agents of many members whose massive agents differ from member to member."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import leaf
from sim.models.nbody.kernel.lanes.particles import (
    drift_tile,
    is_finite_tile,
    kick_and_drift_tile,
)
from sim.models.nbody.kernel.lanes.system import (
    AX,
    AY,
    AZ,
    EIGHT,
    TILE,
    WIDTH,
    X,
    Y,
    Z,
    offset,
)

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["step_bodies"]

_PAIR: Final = 2  # agents, which have a loop of their own
_HALF: Final = WIDTH // 2


@leaf
def _pull_one(work: Floats, i: np.uint64, j: np.uint64, eights: int, mu: float) -> None:
    """Pull the agent whose lanes begin at i to that whose lanes begin at j, of gravity mu."""
    for lane in range(eights * EIGHT):
        a, b = i + np.uint64(lane), j + np.uint64(lane)
        dx, dy, dz = work[b + X] - work[a + X], work[b + Y] - work[a + Y], work[b + Z] - work[a + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        pull = mu / (r2 * math.sqrt(r2))
        work[a + AX] += pull * dx
        work[a + AY] += pull * dy
        work[a + AZ] += pull * dz


@leaf
def _accelerate_all(
    work: Floats, place: Integers, mu: Floats, massive: Integers, eights: int
) -> None:
    """Compute the accelerations of all agents: pulls are added in the order of the massive ones."""
    for a in range(mu.size):
        i = offset(place[a])
        for lane in range(eights * EIGHT):
            at = i + np.uint64(lane)
            work[at + AX] = 0.0
            work[at + AY] = 0.0
            work[at + AZ] = 0.0
    for g in range(massive.size):
        b = massive[g]
        j = offset(place[b])
        for a in range(mu.size):
            if a != b:  # both pulls of a pair in one loop are too much for LLVM to vectorise
                _pull_one(work, offset(place[a]), j, eights, mu[b])


@leaf
def _pull_half(work: Floats, first: np.uint64, mu_a: float, mu_b: float) -> None:
    """Write what two agents, at least one of them massive, pull each other with, in 16 lanes.

    What a massless one pulls the other with is 0.
    """
    for lane in range(_HALF):
        a = first + np.uint64(lane)
        b = a + TILE
        dx, dy, dz = work[b + X] - work[a + X], work[b + Y] - work[a + Y], work[b + Z] - work[a + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        r3 = r2 * math.sqrt(r2)
        to, back = mu_b / r3, mu_a / r3
        # Sums start with 0.0, which -0.0 does not survive.
        work[a + AX] = 0.0 + to * dx
        work[a + AY] = 0.0 + to * dy
        work[a + AZ] = 0.0 + to * dz
        work[b + AX] = 0.0 + back * -dx
        work[b + AY] = 0.0 + back * -dy
        work[b + AZ] = 0.0 + back * -dz


@leaf
def _pull_half_back(work: Floats, first: np.uint64, mu: float) -> None:
    """As `_pull_half` where the second agent is massless: what pulls the first stays as it is."""
    for lane in range(_HALF):
        a = first + np.uint64(lane)
        b = a + TILE
        dx, dy, dz = work[b + X] - work[a + X], work[b + Y] - work[a + Y], work[b + Z] - work[a + Z]
        r2 = (dx * dx + dy * dy) + dz * dz
        back = mu / (r2 * math.sqrt(r2))
        work[b + AX] = 0.0 + back * -dx
        work[b + AY] = 0.0 + back * -dy
        work[b + AZ] = 0.0 + back * -dz


@leaf
def _pull_pair(work: Floats, first: np.uint64, mu: Floats) -> None:
    if mu[1] == 0.0:
        _pull_half_back(work, first, mu[0])
    else:
        _pull_half(work, first, mu[0], mu[1])


@leaf
def _move_pair(work: Floats, first: np.uint64, kick: float, drift: float) -> None:
    kick_and_drift_tile(work, first, _HALF // EIGHT, kick, drift)
    kick_and_drift_tile(work, first + TILE, _HALF // EIGHT, kick, drift)


@leaf
def _stages_of_two(work: Floats, mu: Floats, drifts: Floats, kicks: Floats) -> None:
    """Compute all stages of two agents: while one half of the lanes moves, the other is pulled.

    A processor has the roots and quotients of one half computed while it adds for the other, but
    does not look so far ahead by itself.
    """
    one, other = np.uint64(0), np.uint64(_HALF)
    for lane in range(WIDTH):
        i = np.uint64(lane)
        work[i + AX], work[i + AY], work[i + AZ] = 0.0, 0.0, 0.0
    _pull_pair(work, one, mu)
    for stage in range(kicks.size):
        kick, drift = kicks[stage], drifts[stage + 1]
        _pull_pair(work, other, mu)
        _move_pair(work, one, kick, drift)
        if stage + 1 < kicks.size:
            _pull_pair(work, one, mu)
        _move_pair(work, other, kick, drift)


@leaf
def step_bodies(
    work: Floats,
    live: Integers,
    lanes: int,
    place: Integers,
    mu: Floats,
    massive: Integers,
    drifts: Floats,
    kicks: Floats,
) -> bool:
    """Compute a step of all lanes, each of which has all agents.

    Returns whether all are finite then, which they are not after a collision.
    """
    within, eights = lanes // EIGHT, WIDTH // EIGHT
    for tile in range(live.size):
        drift_tile(work, offset(tile * WIDTH), eights, drifts[0])
    are_pair = lanes == WIDTH and mu.size == _PAIR
    if are_pair:
        _stages_of_two(work, mu, drifts, kicks)
    for stage in range(0 if are_pair else kicks.size):
        _accelerate_all(work, place, mu, massive, within)
        for tile in range(live.size):
            kick_and_drift_tile(work, offset(tile * WIDTH), eights, kicks[stage], drifts[stage + 1])
    finite = True
    for tile in range(live.size):
        finite &= is_finite_tile(work, offset(tile * WIDTH), eights)
    return finite
