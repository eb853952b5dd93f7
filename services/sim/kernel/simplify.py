"""Paths simplified to polylines: of each agent's records, those that a figure needs.

The corners of a polyline are records. Every record between two corners is within a tolerance of
the straight line between them. The corners are found in one pass, with the cone of directions from
the last corner that pass close enough to all records since: J. Sklansky and V. Gonzalez, "Fast
polygonal approximation of digitized curves", Pattern Recognition 12 (1980), 327-331.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from sim.jit import inner
from sim.kernel.layout import (
    HISTORY,
    TIME,
    VX,
    VY,
    Floats,
    Integers,
    X,
    Y,
)

__all__ = ["NO_POLYLINES", "Polylines", "finish", "initial_cones", "simplify"]

# The columns of a cone: the last corner, the last record, the edges of the cone and its depth; and
# how many of the newest records wait for the next record of the agent at the origin. These are
# never more than two, since no agent steps while it is ahead of another by epsilon.
_CONE: Final = 11
_CORNER_X, _CORNER_Y, _T, _X, _Y, _LEFT_X, _LEFT_Y, _RIGHT_X, _RIGHT_Y, _DEPTH, _WAIT = range(_CONE)
_BEFORE, _IN, _PAST = range(3)  # phases: where the last record is, relative to the window


class Polylines(NamedTuple):
    """What to simplify of the first A agents, and the arrays for the corners.

    A polyline runs from the record before the window [t0, t1] to the one after it.
    """

    t0: float
    t1: float
    around: Integers  # [A] the agent at the origin of the figure, or -1
    tolerance: float  # greatest distance of a record from its polyline, in units of x and y
    scale: float  # a power of two; distances are squared in these units: neither 0 nor infinite
    points: Floats  # [A, most, 3] time, x and y of the corners
    used: Integers  # [A] the number of corners; more than `most`: too many


NO_POLYLINES: Final = Polylines(
    0.0, 0.0, np.empty(0, np.int64), 0.0, 1.0, np.empty((0, 0, 3)), np.empty(0, np.int64)
)


@inner
def _origin(rows: Floats, p: int, seen: int, t: float) -> tuple[float, float]:
    """Return the position of agent p at time t, from its first record that ends no earlier."""
    x, y, after = rows[p, seen, X], rows[p, seen, Y], rows[p, seen, TIME]
    before = rows[p, seen - 1, TIME]
    if seen >= 2 and after >= t and before > -math.inf:
        part = (after - t) / (after - before)
        x -= part * (x - rows[p, seen - 1, X])
        y -= part * (y - rows[p, seen - 1, Y])
        return x, y
    return x + rows[p, seen, VX] * (t - after), y + rows[p, seen, VY] * (t - after)


@inner
def _corner(points: Floats, a: int, used: int, t: float, x: float, y: float) -> int:
    """Add a corner; return the number of corners, one more than fit where it does not fit."""
    if used < points.shape[1]:
        points[a, used, 0] = t
        points[a, used, 1] = x
        points[a, used, 2] = y
    most: int = points.shape[1]
    return min(used, most) + 1


@inner
def _simplify_agent(
    rows: Floats,
    free: Integers,
    a: int,
    until: float,
    polylines: Polylines,
    cones: Floats,
    phases: Integers,
) -> None:
    """Simplify an agent's new records that end by `until`.

    Records count from the last one before the window to the first one after it.
    """
    points, used, t0, t1 = polylines.points, polylines.used, polylines.t0, polylines.t1
    scale, edge = polylines.scale, polylines.tolerance * polylines.scale
    p, near, end = polylines.around[a], edge * edge, free[a]
    end_of_p = free[p] if p >= 0 else 0
    row, seen = HISTORY - int(cones[a, _WAIT]), 1
    if phases[a] == _BEFORE:
        while row + 1 < end and rows[a, row + 1, TIME] <= t0:
            row += 1
    corners = used[a]
    t, x, y = cones[a, _T], cones[a, _X], cones[a, _Y]
    corner_x, corner_y, depth = cones[a, _CORNER_X], cones[a, _CORNER_Y], cones[a, _DEPTH]
    left_x, left_y = cones[a, _LEFT_X], cones[a, _LEFT_Y]
    right_x, right_y = cones[a, _RIGHT_X], cones[a, _RIGHT_Y]
    most = points.shape[1]
    while row < end and rows[a, row, TIME] <= until and phases[a] != _PAST and corners <= most:
        now = rows[a, row, TIME]
        if phases[a] == _BEFORE and now > t0 and t > -math.inf:
            phases[a] = _IN
            corners = _corner(points, a, corners, t, x, y)
            corner_x, corner_y, depth = x, y, 0.0
        to_x, to_y = rows[a, row, X], rows[a, row, Y]
        if p >= 0:
            while seen + 1 < end_of_p and rows[p, seen, TIME] < now:
                seen += 1
            origin_x, origin_y = _origin(rows, p, seen, now)
            to_x -= origin_x
            to_y -= origin_y
        if phases[a] == _IN:
            dx, dy = to_x * scale - corner_x * scale, to_y * scale - corner_y * scale
            far = dx * dx + dy * dy
            # A line from the last corner to here passes close enough to all records since if it
            # lies in their cone and does not end short of any of them.
            if depth > 0.0 and not (
                far >= depth
                and far > near
                and right_x * dy - right_y * dx >= 0.0
                and dx * left_y - dy * left_x >= 0.0
                and dx * (left_x + right_x) + dy * (left_y + right_y) >= 0.0
            ):
                corners = _corner(points, a, corners, t, x, y)
                corner_x, corner_y, depth = x, y, 0.0
                dx, dy = to_x * scale - corner_x * scale, to_y * scale - corner_y * scale
                far = dx * dx + dy * dy
            if far > near:  # otherwise any direction is close enough
                deep = math.sqrt(far - near)
                new_x, new_y = deep * dx - edge * dy, deep * dy + edge * dx
                if depth == 0.0 or new_x * left_y - new_y * left_x > 0.0:
                    left_x, left_y = new_x, new_y
                new_x, new_y = deep * dx + edge * dy, deep * dy - edge * dx
                if depth == 0.0 or new_x * right_y - new_y * right_x < 0.0:
                    right_x, right_y = new_x, new_y
                depth = far
            if now >= t1:
                phases[a] = _PAST
        t, x, y = now, to_x, to_y
        row += 1
    used[a] = corners
    cones[a, _WAIT] = min(end - row, HISTORY - 1)
    cones[a, _T], cones[a, _X], cones[a, _Y] = t, x, y
    cones[a, _CORNER_X], cones[a, _CORNER_Y], cones[a, _DEPTH] = corner_x, corner_y, depth
    cones[a, _LEFT_X], cones[a, _LEFT_Y] = left_x, left_y
    cones[a, _RIGHT_X], cones[a, _RIGHT_Y] = right_x, right_y


@inner
def initial_cones(polylines: Polylines) -> tuple[Floats, Integers]:
    """Return cones that start at the newest records, and phases: all are before the window."""
    agents = polylines.around.size
    cones, phases = np.zeros((agents, _CONE)), np.full(agents, _BEFORE)
    for a in range(agents):
        cones[a, _T], cones[a, _WAIT] = -math.inf, 1.0
    return cones, phases


@inner
def simplify(
    rows: Floats, free: Integers, polylines: Polylines, cones: Floats, phases: Integers
) -> None:
    """Simplify the new records up to the clock of the agent at the origin."""
    for a in range(polylines.around.size):
        p = polylines.around[a]
        until = rows[p, free[p] - 1, TIME] if p >= 0 else math.inf
        _simplify_agent(rows, free, a, until, polylines, cones, phases)


@inner
def finish(
    rows: Floats, free: Integers, polylines: Polylines, cones: Floats, phases: Integers
) -> None:
    """Simplify the records that still wait, and make the last record of each path a corner."""
    points, used = polylines.points, polylines.used
    for a in range(used.size):
        _simplify_agent(rows, free, a, math.inf, polylines, cones, phases)
        if phases[a] != _BEFORE:
            used[a] = _corner(points, a, used[a], cones[a, _T], cones[a, _X], cones[a, _Y])
