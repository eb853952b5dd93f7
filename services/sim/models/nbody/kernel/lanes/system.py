"""The system of members side by side as the lanes take it, the memory they work in, its layout.

Agents are *elements*: one for each lane or, if an agent starts alike in all members and nothing
that differs attracts it, one for all lanes. Massive ones of these, which are *in common*, come
last.

Elements are in tiles of WIDTH, each of FIELDS fields of WIDTH numbers. All tiles are in one flat
array, `work`, and the distance between two fields is a constant: so LLVM knows without a test that
writing one does not change another, and makes vector instructions of a loop over a tile. Places
without an element are where those are whose trajectory has ended: far away, and at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.jit import leaf
from sim.kernel.layout import Floats, Integers  # noqa: TC001 - fields of a NamedTuple
from sim.models.nbody.coefficients import drifts_of
from sim.models.nbody.reference import COMPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.models.nbody.scenario import NBodyScenario

__all__ = [
    "AX",
    "AY",
    "AZ",
    "BEFORE",
    "CLOSEST",
    "CLOSEST_AT",
    "CU",
    "CV",
    "CW",
    "CX",
    "CY",
    "CZ",
    "EIGHT",
    "ESCAPE_AT",
    "FIELDS",
    "FOLLOWED",
    "STATE",
    "TILE",
    "WIDTH",
    "NBodyLaneBuffers",
    "NBodyLanes",
    "U",
    "V",
    "W",
    "X",
    "Y",
    "Z",
    "followed_at",
    "lane_system_of",
    "offset",
]

WIDTH: Final = 32
FIELDS: Final = 27
EIGHT: Final = 8  # loops over a tile count in eights, so that LLVM needs no loop for what is left
STATE: Final = 12  # the first fields: what goes on from step to step
# Unsigned, so that no index is taken for one that counts from an array's end. Of an element: its
# position, its velocity (u, v, w), the carries of both, its acceleration; then, from BEFORE on, the
# first STATE fields as they were when the step began, so that `replay` finds a collision. (To keep
# the least r3 instead takes a store in each stage, for which those that follow wait.)
X, Y, Z, U, V, W, CX, CY, CZ, CU, CV, CW, AX, AY, AZ, BEFORE = (
    np.uint64(field * WIDTH) for field in range(FIELDS - STATE + 1)
)
TILE: Final = np.uint64(FIELDS * WIDTH)
# What is followed of an analysed agent in WIDTH lanes, in an array of its own with the same layout:
# in the first six fields its state less that of what it orbits, then three more.
CLOSEST, CLOSEST_AT, ESCAPE_AT = (np.uint64(field * WIDTH) for field in range(6, 9))
FOLLOWED: Final = 9 * WIDTH

_MANY: Final = 64  # lanes of test particles: so many that what moves alike counts little
_PAIR: Final = 2
_BODIES: Final = 9  # agents that are faster in lanes, also where massive ones differ
_FEW: Final = 8  # lanes of many agents
_FITTING: Final = 256  # elements with 128 bytes each: a cache of 32 KB holds them


class NBodyLanes(NamedTuple):
    """Members side by side: what does not change along their trajectories."""

    lanes: int
    analysed: Integers  # [A] agents
    analysed_gravity: Floats  # [A]
    sample_every: int
    primary: Integers  # [A] what they orbit: an agent, or M: the barycentre of all others
    mu: Floats  # [M]
    massive: Integers  # [G] the agents with mu != 0
    attracting: Floats  # [G] their mu
    alike: bool  # whether these are in common
    own: Integers  # [M] 1 for an agent of which each lane has one, else 0
    place: Integers  # [M] its first element
    elements: int  # but those in common
    common: int  # the first of those
    dt: float
    drifts: Floats  # [s + 1] of a composition of s leapfrogs, in units of time
    kicks: Floats  # [s] the same


class NBodyLaneBuffers(NamedTuple):
    """The memory that the lanes work in."""

    ended: Integers  # [lanes] good iterations before the end; -1: it goes on
    reason: Integers  # [lanes] why it has ended
    work: Floats  # the tiles
    live: Integers  # [tiles] elements of lanes that go on
    path: Floats  # [s, G, 3] where massive agents in common are when they attract, in a step
    followed: Floats  # of the analysed agents; iterations are doubles there, as wide as the others
    done: Integers  # [1] iterations since the buffers were opened


@leaf
def offset(element: int) -> np.uint64:
    """Return where an element's first number is in `work`: its x."""
    return np.uint64(element >> 5) * TILE + np.uint64(element & 31)


@leaf
def followed_at(lanes: int, j: int, lane: int) -> np.uint64:
    """Return where in `followed` the first field of the j-th analysed agent in a lane is."""
    tile = j * ((lanes + WIDTH - 1) // WIDTH) + (lane >> 5)
    return np.uint64(tile) * np.uint64(FOLLOWED) + np.uint64(lane & 31)


def lane_system_of(
    scenario: NBodyScenario,
    seed: int,  # noqa: ARG001 - nothing is random but where members start
    analysed: Sequence[int],
    dispersed: Sequence[int],
    members: int,
    lanes: int | None = None,
) -> NBodyLanes:
    """Return the system of so many members; `dispersed` agents start elsewhere in each.

    `lanes` is a power of two from 8 on, at most 32 where massive agents are dispersed; as many as
    are fast by default. Many agents of which massive ones are dispersed are always alone in a lane:
    their pairs fill a processor's vectors better than members do. Raises ValueError for an
    integrator without fixed steps.
    """
    weights = COMPOSITIONS.get(scenario.integrator)
    if weights is None:
        raise ValueError(f"{scenario.integrator} has no lanes: its members' steps differ")
    gravity, massive, rows = scenario.gravity, scenario.massive, scenario.orbited_rows
    agents, differing = range(len(rows)), set(dispersed)
    if len(rows) > _BODIES and not differing.isdisjoint(massive):
        differing, lanes = set(), 1  # one member after the other, whose agents are side by side
    alike = not differing.intersection(massive)
    own = [a for a in agents if not alike or a in differing]
    once = [a for a in agents if a not in set(own) and scenario.agents[a].mu == 0]
    lanes = lanes or _lanes_of(len(own), members, alike=alike)
    elements = len(own) * lanes + len(once)
    common = -(-elements // WIDTH) * WIDTH
    place = np.empty(len(rows), np.int64)
    place[own] = np.arange(len(own)) * lanes
    place[once] = len(own) * lanes + np.arange(len(once))
    if alike:
        place[list(massive)] = common + np.arange(len(massive))
    drifts = drifts_of(weights)
    return NBodyLanes(
        lanes=lanes,
        analysed=np.array(analysed, np.int64),
        analysed_gravity=np.array([gravity[a] for a in analysed], np.float64),
        sample_every=1,
        primary=np.array([min(rows[a], len(rows)) for a in analysed], np.int64),
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(massive, np.int64),
        attracting=np.array([scenario.agents[a].mu for a in massive], np.float64),
        alike=alike,
        own=np.array([int(a in set(own)) for a in agents], np.int64),
        place=place,
        elements=elements,
        common=common,
        dt=scenario.dt,
        drifts=np.array([drift * scenario.dt for drift in drifts], np.float64),
        kicks=np.array([weight * scenario.dt for weight in weights], np.float64),
    )


def _lanes_of(own: int, members: int, *, alike: bool) -> int:
    """Return the members in a group, of each of which so many agents are elements of their own."""
    if own == 0:
        return 1  # all members are alike
    enough = max(_FEW, 1 << (members - 1).bit_length())
    if alike and own == 1:
        return min(_MANY, enough)
    if own == _PAIR:
        return WIDTH  # what the loop for two is made for
    fitting = max(1, _FITTING // own)
    return min(WIDTH, enough, max(_FEW, 1 << (fitting.bit_length() - 1)))
