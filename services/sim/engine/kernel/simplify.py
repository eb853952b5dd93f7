"""A path as a line: of each agent's records those that its picture needs.

A line's corners are records. Every record between two of them is within a tolerance of the
straight line from one to the other, so what is drawn is as near to the truth as was asked for.
Found in one go, by the cone of directions from the last corner in which all that came since can
be seen: J. Sklansky and V. Gonzalez, "Fast polygonal approximation of digitized curves", 1980.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from sim.engine.kernel.layout import (
    HISTORY,
    TIME,
    VX,
    VY,
    Floats,
    Integers,
    X,
    Y,
)
from sim.jit import inner

__all__ = ["NO_LINES", "Lines", "lift_pens", "pens_of", "trace"]

# What a pen remembers: the last corner, the last record, the edges of the cone and its depth; and
# how many of the newest records wait for the next record of whom the agent is drawn around. These
# are never more than two, since nobody steps who is ahead of another by epsilon.
_PEN: Final = 11
_CORNER_X, _CORNER_Y, _T, _X, _Y, _LEFT_X, _LEFT_Y, _RIGHT_X, _RIGHT_Y, _DEPTH, _WAIT = range(_PEN)
_BEFORE, _IN, _PAST = range(3)  # of the window


class Lines(NamedTuple):
    """What is to be drawn as lines of the first A agents, and where the lines' corners go.

    A line runs from the record before the window [t0, t1] to the one after it.
    """

    t0: float
    t1: float
    around: Integers  # [A] the index of whom an agent is drawn around, or -1
    tolerance: float
    points: Floats  # [A, most, 3] time, x and y of the corners
    used: Integers  # [A] how many there are; more than `most`: too many


NO_LINES: Final = Lines(
    0.0, 0.0, np.empty(0, np.int64), 0.0, np.empty((0, 0, 3)), np.empty(0, np.int64)
)


@inner
def _origin(rows: Floats, p: int, seen: int, t: float) -> tuple[float, float]:
    """Return where a primary is at a time, by the first of its records that ends no earlier."""
    x, y, after = rows[p, seen, X], rows[p, seen, Y], rows[p, seen, TIME]
    before = rows[p, seen - 1, TIME]
    if seen >= 2 and after >= t and before > -math.inf:  # noqa: PLR2004 - row 0 has but a time
        part = (after - t) / (after - before)
        x -= part * (x - rows[p, seen - 1, X])
        y -= part * (y - rows[p, seen - 1, Y])
        return x, y
    return x + rows[p, seen, VX] * (t - after), y + rows[p, seen, VY] * (t - after)


@inner
def _corner(points: Floats, a: int, used: int, t: float, x: float, y: float) -> int:
    """Make a corner; return how many there are with it, one more than fit if it doesn't."""
    if used < points.shape[1]:
        points[a, used, 0] = t
        points[a, used, 1] = x
        points[a, used, 2] = y
    most: int = points.shape[1]
    return min(used, most) + 1


@inner
def _draw(
    rows: Floats,
    free: Integers,
    a: int,
    until: float,
    lines: Lines,
    pens: Floats,
    where: Integers,
) -> None:
    """Draw an agent's new records that end by `until`.

    From the last before the window to the next after it.
    """
    points, used, t0, t1 = lines.points, lines.used, lines.t0, lines.t1
    p, near, end = lines.around[a], lines.tolerance * lines.tolerance, free[a]
    end_of_p = free[p] if p >= 0 else 0
    row, seen = HISTORY - int(pens[a, _WAIT]), 1
    if where[a] == _BEFORE:
        while row + 1 < end and rows[a, row + 1, TIME] <= t0:
            row += 1
    corners, edge = used[a], math.sqrt(near)
    t, x, y = pens[a, _T], pens[a, _X], pens[a, _Y]
    corner_x, corner_y, depth = pens[a, _CORNER_X], pens[a, _CORNER_Y], pens[a, _DEPTH]
    left_x, left_y = pens[a, _LEFT_X], pens[a, _LEFT_Y]
    right_x, right_y = pens[a, _RIGHT_X], pens[a, _RIGHT_Y]
    most = points.shape[1]
    while row < end and rows[a, row, TIME] <= until and where[a] != _PAST and corners <= most:
        now = rows[a, row, TIME]
        if where[a] == _BEFORE and now > t0 and t > -math.inf:
            where[a] = _IN
            corners = _corner(points, a, corners, t, x, y)
            corner_x, corner_y, depth = x, y, 0.0
        to_x, to_y = rows[a, row, X], rows[a, row, Y]
        if p >= 0:
            while seen + 1 < end_of_p and rows[p, seen, TIME] < now:
                seen += 1
            origin_x, origin_y = _origin(rows, p, seen, now)
            to_x -= origin_x
            to_y -= origin_y
        if where[a] == _IN:
            dx, dy = to_x - corner_x, to_y - corner_y
            far = dx * dx + dy * dy
            # A line to here passes all records since the last corner near enough if it lies in
            # their cone, and does not end short of any.
            if depth > 0.0 and not (
                far >= depth
                and far > near
                and right_x * dy - right_y * dx >= 0.0
                and dx * left_y - dy * left_x >= 0.0
                and dx * (left_x + right_x) + dy * (left_y + right_y) >= 0.0
            ):
                corners = _corner(points, a, corners, t, x, y)
                corner_x, corner_y, depth = x, y, 0.0
                dx, dy = to_x - corner_x, to_y - corner_y
                far = dx * dx + dy * dy
            if far > near:  # else it is near enough in any direction
                deep = math.sqrt(far - near)
                new_x, new_y = deep * dx - edge * dy, deep * dy + edge * dx
                if depth == 0.0 or new_x * left_y - new_y * left_x > 0.0:
                    left_x, left_y = new_x, new_y
                new_x, new_y = deep * dx + edge * dy, deep * dy - edge * dx
                if depth == 0.0 or new_x * right_y - new_y * right_x < 0.0:
                    right_x, right_y = new_x, new_y
                depth = far
            if now >= t1:
                where[a] = _PAST
        t, x, y = now, to_x, to_y
        row += 1
    used[a] = corners
    pens[a, _WAIT] = min(end - row, HISTORY - 1)
    pens[a, _T], pens[a, _X], pens[a, _Y] = t, x, y
    pens[a, _CORNER_X], pens[a, _CORNER_Y], pens[a, _DEPTH] = corner_x, corner_y, depth
    pens[a, _LEFT_X], pens[a, _LEFT_Y] = left_x, left_y
    pens[a, _RIGHT_X], pens[a, _RIGHT_Y] = right_x, right_y


@inner
def pens_of(lines: Lines) -> tuple[Floats, Integers]:
    """Return pens that begin with the newest records, and that they are before the window."""
    agents = lines.around.size
    pens, where = np.zeros((agents, _PEN)), np.full(agents, _BEFORE)
    for a in range(agents):
        pens[a, _T], pens[a, _WAIT] = -math.inf, 1.0
    return pens, where


@inner
def trace(rows: Floats, free: Integers, lines: Lines, pens: Floats, where: Integers) -> None:
    """Draw the new records, but for those that whom they are drawn around has yet to reach."""
    for a in range(lines.around.size):
        p = lines.around[a]
        until = rows[p, free[p] - 1, TIME] if p >= 0 else math.inf
        _draw(rows, free, a, until, lines, pens, where)


@inner
def lift_pens(rows: Floats, free: Integers, lines: Lines, pens: Floats, where: Integers) -> None:
    """Draw the records that still wait, and make a corner of each line's end."""
    points, used = lines.points, lines.used
    for a in range(used.size):
        _draw(rows, free, a, math.inf, lines, pens, where)
        if where[a] != _BEFORE:
            used[a] = _corner(points, a, used[a], pens[a, _T], pens[a, _X], pens[a, _Y])
