"""Passes over the members of a block: in batches, through segments of the iterations.

Guarantees: memory is bounded, whatever the numbers of members and iterations. Only members that
have not ended take part, and where passes are cut changes no bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.ensemble.grid import span_level
from sim.ensemble.members import chosen, put_back
from sim.kernel import OK
from sim.kernel.population import CELLS, QUANTITIES, Canvas, pass_over_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kernel import Floats, Integers
    from sim.kernel.lanes import LaneSystem, Members
    from sim.scenario import PropagationRequest

__all__ = ["Batch", "Segment", "lane_system", "pass_over_batches", "segments"]

_PICTURES: Final = 32  # of a MiB each, at most in memory at once
_VALUES_BYTES: Final = 8 * 2**20  # of a batch's measurements: they stay in the cache
_MOST_SAMPLES: Final = 2**32 - 1  # that a cell of 32 bits counts for sure


class Segment(NamedTuple):
    """Iterations `first` + 1 to `last`, in which positions fall into `spans` spans."""

    first: int
    last: int
    first_span: int
    spans: int


class Batch(NamedTuple):
    """Members that have passed a segment: their places in the block, and their measurements.

    `values` float64[G, A, 3, B]; of members that had ended before, anything.
    """

    places: Integers
    members: Members
    values: Floats


def lane_system(
    request: PropagationRequest, dispersed: tuple[int, ...], members: int
) -> LaneSystem:
    """Return the system of so many of a request's members; `dispersed` agents start apart."""
    scenario, seed = request.trajectory.scenario, request.trajectory.seed
    kernel = scenario.model.kernel
    return kernel.lane_system_of(scenario, seed, request.analysed, dispersed, members)


def segments(
    first: int, last: int, steps: int, agents: int, members: int, every: int
) -> Iterator[Segment]:
    """Cut iterations `first` + 1 to `last` of `steps`, so that pictures and counters suffice.

    `every` so many iterations the positions of each of so many members are counted.
    """
    level = span_level(steps)
    together = max(1, _PICTURES // max(1, agents)) << level
    most = max(every, _MOST_SAMPLES // max(1, members) * every)
    while first < last:
        stop = min(last, (first // together + 1) * together, first + most)
        first_span = first >> level
        yield Segment(first, stop, first_span, ((stop - 1) >> level) - first_span + 1)
        first = stop


def pass_over_batches(
    system: LaneSystem, members: Members, segment: Segment, grid: Integers, canvas: Canvas
) -> Iterator[Batch]:
    """Advance the members of a block that have not ended through a segment, batch by batch.

    `grid` int64[G]: the iterations after which they are measured.
    """
    analysed = system.analysed.size
    each = max(1, len(grid) * analysed * QUANTITIES * 8)
    size = max(1, _VALUES_BYTES // each // system.lanes) * system.lanes
    alive = np.flatnonzero(members.outcome == OK)
    for at in range(0, alive.size, size):
        places = alive[at : at + size]
        part = chosen(members, places)
        values = np.empty((len(grid), analysed, QUANTITIES, places.size))
        pass_over_members(system, part, segment.first, segment.last, grid, values, canvas)
        put_back(members, places, part)
        yield Batch(places, part, values)


def blank_canvas(half_widths: Floats, segment: Segment, steps: int) -> Canvas:
    """Return a canvas for a segment of so many steps."""
    cells = np.zeros((half_widths.size, segment.spans, CELLS + 2), np.uint32)
    return Canvas(half_widths, cells, segment.first_span, span_level(steps))
