"""Extremes and diagnostics, reduced from the rows that a kernel has just written.

Comparisons are `<` and `>`, so nan (two massless agents in one place) changes no extreme. Either
of 0.0 and -0.0 may come out here; `pass_over` turns both into 0.0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sim.jit import inner
from sim.kernel.layout import (
    ELEMENTS,
    HISTORY,
    ITERATION,
    READ,
    SPACE,
    VX,
    VY,
    VZ,
    X,
    Y,
    Z,
)

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["compute_elements", "first_row_from", "reduce_elements", "reduce_positions"]

_MIN, _MAX = 0, 1
_FIRST, _LAST = 0, 1
_UNBOUND_FROM, _WAS_BOUND = 0, 1
_Z: Final = 2  # the place of z among the series, in space
_R, _E, _H = range(ELEMENTS)
_NEVER: Final = -1


@inner
def _widen(series: Floats, b: int, a: int, quantity: int, low: float, high: float) -> None:
    """Widen a bin's minimum and maximum (nan: none yet) to include others."""
    if not series[b, a, quantity, _MIN] <= low:
        series[b, a, quantity, _MIN] = low
    if not series[b, a, quantity, _MAX] >= high:
        series[b, a, quantity, _MAX] = high


@inner
def first_row_from(rows: Floats, a: int, row: int, end: int, iteration: int) -> int:
    """Return the first of agent a's rows, from `row` on, of this iteration or a later one."""
    if rows[a, end - 1, ITERATION] < iteration:
        return end
    # An exponential search, then a binary one: a near row is found in few comparisons.
    stride = 1
    while row + stride < end and rows[a, row + stride - 1, ITERATION] < iteration:
        row += stride
        stride *= 2
    while stride > 0:
        if row + stride < end and rows[a, row + stride - 1, ITERATION] < iteration:
            row += stride
        stride >>= 1
    return row


@inner
def reduce_positions(rows: Floats, a: int, row: int, end: int, series: Floats, b: int) -> None:
    """Reduce the positions in agent a's rows into bin b."""
    low_x = low_y = low_x2 = low_y2 = math.inf
    high_x = high_y = high_x2 = high_y2 = -math.inf
    # Two rows at a time, so that comparisons do not wait for one another.
    for at in range(row, end - 1, 2):
        x, y, x2, y2 = rows[a, at, X], rows[a, at, Y], rows[a, at + 1, X], rows[a, at + 1, Y]
        low_x = x if x < low_x else low_x
        low_y = y if y < low_y else low_y
        high_x = x if x > high_x else high_x
        high_y = y if y > high_y else high_y
        low_x2 = x2 if x2 < low_x2 else low_x2
        low_y2 = y2 if y2 < low_y2 else low_y2
        high_x2 = x2 if x2 > high_x2 else high_x2
        high_y2 = y2 if y2 > high_y2 else high_y2
    # The last row, which the loop has seen already if the number of rows is even.
    x, y = rows[a, end - 1, X], rows[a, end - 1, Y]
    _widen(series, b, a, 0, min(low_x, low_x2, x), max(high_x, high_x2, x))
    _widen(series, b, a, 1, min(low_y, low_y2, y), max(high_y, high_y2, y))
    if rows.shape[2] == SPACE:
        _reduce_heights(rows, a, row, end, series, b)


@inner
def _reduce_heights(rows: Floats, a: int, row: int, end: int, series: Floats, b: int) -> None:
    """Reduce the z in agent a's rows into bin b."""
    low, high = math.inf, -math.inf
    for at in range(row, end):
        z = rows[a, at, Z]
        low = z if z < low else low
        high = z if z > high else high
    _widen(series, b, a, _Z, low, high)


@inner
def _finish(distances: Floats, energies: Floats, mu: float) -> None:
    """Turn squared distance and squared velocity into distance and specific energy."""
    # LLVM vectorises a loop of its own, from 0 on, over separate arrays.
    for row in range(distances.size):
        r = math.sqrt(distances[row])
        energies[row] = 0.5 * energies[row] - mu / r
        distances[row] = r


@inner
def _elements_of_rows(rows: Floats, a: int, p: int, mu: float, end: int, elements: Floats) -> None:
    """Write r, e and h at the start of each row's step to `elements`, float64[3, rows]."""
    if rows.shape[2] == SPACE:
        _elements_in_space(rows, a, p, mu, end, elements)
        return
    for row in range(HISTORY, end):
        read = int(rows[a, row, READ])
        rx = rows[p, read, X] - rows[a, row - 1, X]
        ry = rows[p, read, Y] - rows[a, row - 1, Y]
        wx = rows[a, row - 1, VX] - rows[p, read, VX]
        wy = rows[a, row - 1, VY] - rows[p, read, VY]
        elements[_R, row] = rx * rx + ry * ry
        elements[_E, row] = wx * wx + wy * wy
        elements[_H, row] = ry * wx - rx * wy
    _finish(elements[_R, HISTORY:end], elements[_E, HISTORY:end], mu)


@inner
def _elements_in_space(rows: Floats, a: int, p: int, mu: float, end: int, elements: Floats) -> None:
    """Write r, e and h = |r x v| at the start of each row's step to `elements`."""
    for row in range(HISTORY, end):
        read = int(rows[a, row, READ])
        rx = rows[a, row - 1, X] - rows[p, read, X]
        ry = rows[a, row - 1, Y] - rows[p, read, Y]
        rz = rows[a, row - 1, Z] - rows[p, read, Z]
        wx = rows[a, row - 1, VX] - rows[p, read, VX]
        wy = rows[a, row - 1, VY] - rows[p, read, VY]
        wz = rows[a, row - 1, VZ] - rows[p, read, VZ]
        hx, hy, hz = ry * wz - rz * wy, rz * wx - rx * wz, rx * wy - ry * wx
        elements[_R, row] = (rx * rx + ry * ry) + rz * rz
        elements[_E, row] = (wx * wx + wy * wy) + wz * wz
        elements[_H, row] = math.sqrt((hx * hx + hy * hy) + hz * hz)
    _finish(elements[_R, HISTORY:end], elements[_E, HISTORY:end], mu)


@inner
def _first_iteration_with(
    rows: Floats, a: int, row: int, values: Floats, element: int, wanted: float
) -> int:
    """Return the first iteration, from that of `row` on, with a value; one exists."""
    while values[element, row] != wanted:
        row += 1
    return int(rows[a, row, ITERATION])


@inner
def _widen_element(
    rows: Floats,
    a: int,
    row: int,
    elements: Floats,
    element: int,
    low: float,
    high: float,
    series: Floats,
    b: int,
    extremes: Floats,
    when: Integers,
) -> None:
    """Widen an element's bin and its overall extremes, with the first iteration that has them."""
    if low > high:  # all nan
        return
    _widen(series, b, a, series.shape[2] - ELEMENTS + element, low, high)
    if not extremes[a, element, _MIN] <= low:
        extremes[a, element, _MIN] = low
        when[a, element, _MIN] = _first_iteration_with(rows, a, row, elements, element, low)
    if not extremes[a, element, _MAX] >= high:
        extremes[a, element, _MAX] = high
        when[a, element, _MAX] = _first_iteration_with(rows, a, row, elements, element, high)


@inner
def reduce_elements(
    rows: Floats,
    a: int,
    row: int,
    end: int,
    elements: Floats,
    series: Floats,
    b: int,
    sums: Floats,
    extremes: Floats,
    when: Integers,
) -> None:
    """Reduce the elements of agent a's rows into bin b and into the tally."""
    sum_r, sum_e, sum_h = sums[a, _R], sums[a, _E], sums[a, _H]
    low_r = low_e = low_h = math.inf
    high_r = high_e = high_h = -math.inf
    for at in range(row, end):
        r, e, h = elements[_R, at], elements[_E, at], elements[_H, at]
        sum_r += r
        sum_e += e
        sum_h += h
        low_r = r if r < low_r else low_r
        low_e = e if e < low_e else low_e
        low_h = h if h < low_h else low_h
        high_r = r if r > high_r else high_r
        high_e = e if e > high_e else high_e
        high_h = h if h > high_h else high_h
    sums[a, _R], sums[a, _E], sums[a, _H] = sum_r, sum_e, sum_h
    _widen_element(rows, a, row, elements, _R, low_r, high_r, series, b, extremes, when)
    _widen_element(rows, a, row, elements, _E, low_e, high_e, series, b, extremes, when)
    _widen_element(rows, a, row, elements, _H, low_h, high_h, series, b, extremes, when)


@inner
def _reduce_bound(rows: Floats, a: int, elements: Floats, end: int, unbound: Integers) -> None:
    """Update since which iteration the energy is above zero, and whether it ever was not."""
    since = end
    while since > HISTORY and elements[_E, since - 1] > 0.0:
        since -= 1
    if since > HISTORY:
        unbound[a, _WAS_BOUND] = 1
        unbound[a, _UNBOUND_FROM] = _NEVER
    if since < end and unbound[a, _UNBOUND_FROM] == _NEVER:
        unbound[a, _UNBOUND_FROM] = int(rows[a, since, ITERATION])


@inner
def compute_elements(
    rows: Floats,
    a: int,
    p: int,
    mu: float,
    end: int,
    elements: Floats,
    counts: Integers,
    ends: Floats,
    unbound: Integers,
) -> None:
    """Write the elements of agent a's rows up to `end`; update counts, ends and unbound."""
    if end == HISTORY:
        return
    _elements_of_rows(rows, a, p, mu, end, elements)
    for element in range(ELEMENTS):
        if counts[a] == 0:
            ends[a, _FIRST, element] = elements[element, HISTORY]
        ends[a, _LAST, element] = elements[element, end - 1]
    counts[a] += end - HISTORY
    _reduce_bound(rows, a, elements, end, unbound)
