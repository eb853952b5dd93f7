"""A pass over a block of members in lanes, which measures them at the times of a grid.

Guarantees: a member's numbers don't depend on which others are in the block, and the cells of a
density are counts, so neither depends on how members are divided into blocks.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from sim.jit import compiled, leaf
from sim.kernel.lanes import (
    advance_lanes,
    close_lanes,
    open_lanes,
    relative_lanes,
    relative_positions,
)
from sim.kernel.layout import Floats  # noqa: TC001 - a field of a NamedTuple

if TYPE_CHECKING:
    from sim.kernel.lanes import LaneBuffers, LaneSystem, Members
    from sim.kernel.layout import Integers

__all__ = [
    "CELLS",
    "QUANTITIES",
    "SIDE",
    "Canvas",
    "Counts32",
    "pass_over_members",
]

Counts32: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]

QUANTITIES: Final = 3  # that are measured at the times of the grid
_DISTANCE, _ENERGY, _ECCENTRICITY = range(QUANTITIES)
SIDE: Final = 512  # cells of a density, from left to right and from the bottom up
CELLS: Final = SIDE * SIDE
_OUTSIDE, _NOWHERE = CELLS, CELLS + 1  # where samples outside go, and those of lanes that ended
_ROWS: Final = 16  # samples that are counted together
_TINY: Final = sys.float_info.min


class Canvas(NamedTuple):
    """Where positions are counted: of each of A analysed agents, in S consecutive spans of time."""

    half_widths: Floats  # [A] a picture goes from -W to W; empty: nothing is counted
    # [A, S, CELLS + 2] a sample in cell row*SIDE + column; then those outside; then no sample
    cells: Counts32
    first_span: int
    level: int  # sample k is in span (k - 1) >> level


@leaf
def _eccentricity(mu: float, e: float, h: float) -> float:
    """Return the eccentricity from specific energy and angular momentum; nan where there is none.

    As `sim.engine.diagnostics` has it, in the same order.
    """
    if not mu > 0.0 or not math.isfinite(e):
        return math.nan
    product, square = 2.0 * e * h * h, mu * mu
    if not (_TINY <= square < math.inf) or not math.isfinite(product):
        product, square = 2.0 * e * (h / mu) * (h / mu), 1.0
    squared = 1.0 + product / square
    if math.isnan(squared) or squared == math.inf:
        return math.nan
    return math.sqrt(squared if squared > 0.0 else 0.0)


@leaf
def _measure_lanes(
    relative: Floats, mu: float, dimensions: int, values: Floats, at: int, count: int
) -> None:
    """Write distance, energy and eccentricity of the first lanes to `values`, from `at` on."""
    for lane in range(count):
        x, y, z = relative[0, lane], relative[1, lane], relative[2, lane]
        vx, vy, vz = relative[3, lane], relative[4, lane], relative[5, lane]
        # In the plane z is 0, so the third terms change no bit.
        r = math.sqrt((x * x + y * y) + z * z)
        e = 0.5 * ((vx * vx + vy * vy) + vz * vz) - mu / r
        h = x * vy - y * vx
        if dimensions == 3:
            hx, hy = y * vz - z * vy, z * vx - x * vz
            h = math.sqrt((hx * hx + hy * hy) + h * h)
        values[_DISTANCE, at + lane] = r
        values[_ENERGY, at + lane] = e
        values[_ECCENTRICITY, at + lane] = _eccentricity(mu, e, h)


@leaf
def _measure(
    system: LaneSystem,
    buffers: LaneBuffers,
    relative: Floats,
    dimensions: int,
    values: Floats,
    at: int,
) -> None:
    """Write what the lanes' newest states come to; of lanes that have ended, anything."""
    count = min(system.lanes, values.shape[2] - at)
    for j in range(system.analysed.size):
        relative_lanes(system, buffers, j, relative)
        _measure_lanes(relative, system.analysed_gravity[j], dimensions, values[j], at, count)


@leaf
def _place(relative: Floats, w: float, ended: Integers, places: Any) -> None:  # noqa: ANN401 - int32[lanes]
    """Write the cell of each lane's position."""
    scale = 256.0 / w
    for lane in range(places.size):
        column = (relative[0, lane] + w) * scale
        row = (relative[1, lane] + w) * scale
        inside = (column >= 0.0) & (column < 512.0) & (row >= 0.0) & (row < 512.0)  # nan is not
        column = column if inside else 0.0
        row = row if inside else 0.0
        cell = np.int32(row) * np.int32(SIDE) + np.int32(column)
        cell = cell if inside else np.int32(_OUTSIDE)
        places[lane] = cell if ended[lane] < 0 else np.int32(_NOWHERE)


@leaf
def _count(places: Any, rows: int, cells: Counts32) -> None:  # noqa: ANN401 - int32[_ROWS, lanes]
    """Add 1 to the cell of each place in the first rows.

    Members are close together at first, and so are one's places in consecutive rows. To count in a
    cell anew waits for the last time, so counts in one row alternate with those in distant ones.
    """
    if rows < _ROWS:
        for row in range(rows):
            for lane in range(places.shape[1]):
                cells[np.uint64(places[row, lane])] += np.uint32(1)
        return
    for row in range(_ROWS // 4):
        for lane in range(places.shape[1]):
            cells[np.uint64(places[row, lane])] += np.uint32(1)
            cells[np.uint64(places[row + _ROWS // 4, lane])] += np.uint32(1)
            cells[np.uint64(places[row + _ROWS // 2, lane])] += np.uint32(1)
            cells[np.uint64(places[row + _ROWS // 4 * 3, lane])] += np.uint32(1)


@leaf
def _sample(
    system: LaneSystem,
    buffers: LaneBuffers,
    relative: Floats,
    places: Any,  # noqa: ANN401 - int32[A, _ROWS, lanes]
    row: int,
    canvas: Canvas,
) -> None:
    """Write the places of the newest positions to a row."""
    for j in range(canvas.half_widths.size):
        relative_positions(system, buffers, j, relative)
        _place(relative, canvas.half_widths[j], buffers.ended, places[j, row])


@compiled
def pass_over_members(
    system: LaneSystem,
    members: Members,
    first: int,
    last: int,
    grid: Integers,
    values: Floats,
    canvas: Canvas,
) -> None:
    """Advance members from iteration `first` to `last`; measure them, and count their positions.

    `grid` int64[G] rises from `first` on, to at most `last`: the iterations after which members are
    measured. `values` float64[G, A, 3, B] receives distance, specific energy and eccentricity
    relative to the primaries; of members that have ended before, anything. `canvas` has
    all spans of iterations `first` + 1 to `last`. None of the members has ended.
    """
    lanes, every = system.lanes, system.sample_every
    dimensions = (members.ring.shape[2] - 3) // 2
    relative = np.zeros((6, lanes))
    places = np.empty((canvas.half_widths.size, _ROWS, lanes), np.int32)
    for at in range(0, members.number.size, lanes):
        buffers = open_lanes(system, members, at)
        g, k, going, rows = 0, first, True, 0
        if g < grid.size and grid[g] == k:
            _measure(system, buffers, relative, dimensions, values[g], at)
            g += 1
        while going and k < last:
            stop = min((k & -every) + every, last)
            if g < grid.size:
                stop = min(stop, grid[g])
            going = advance_lanes(system, buffers, k, stop - k)
            k = stop
            if k & (every - 1) == 0:
                _sample(system, buffers, relative, places, rows, canvas)
                rows += 1
            span = (k - 1) >> canvas.level
            is_last = k == last or not going or (k + every - 1) >> canvas.level != span
            if rows == _ROWS or is_last:
                for j in range(canvas.half_widths.size):
                    _count(places[j], rows, canvas.cells[j, span - canvas.first_span])
                rows = 0
            if g < grid.size and grid[g] == k:
                _measure(system, buffers, relative, dimensions, values[g], at)
                g += 1
        close_lanes(system, buffers, members, at)
