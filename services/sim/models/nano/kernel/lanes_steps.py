"""A step of one agent of two, in all lanes at once: the loops that LLVM makes vector instructions.

What is known of the two agents of each lane is in one flat array. It has two parts, one of each
agent; a part has fields (clock, position, ...) of LANES numbers, one a lane. The distance between
two fields is a constant: so LLVM knows without a test that writing one does not change another.

Every update is a choice between two values that are there. A lane whose agent waits takes the old
one; a lane that has ended has clocks at infinity, and both of its agents wait for ever.

Whether an orbit is open, e = w**2/2 - mu/r > 0, is told without a division: by (w**2/2)*r > mu,
where the two differ by more than rounding can change. Where they do not, or where a state leaves
the bounds of `sane`, the lane is in doubt, and its iterations are computed again by the loops for
one trajectory.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import inlined, leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.layout import Floats

__all__ = [
    "AT",
    "CLOSEST",
    "CLOSEST_AT",
    "COUNT",
    "COUNT_0",
    "DOUBT",
    "ESCAPE_AT",
    "ESCAPE_TIME",
    "FIELDS",
    "FROM",
    "LANES",
    "PART",
    "RING",
    "STEP",
    "TIME",
    "VX",
    "VY",
    "X",
    "Y",
    "iterate_lanes",
]

LANES: Final = 32
# Of the newest record and the two before: where they begin, position and velocity.
TIME, STEP, FROM, X, Y, VX, VY = 0, 1, 2, 5, 8, 11, 14
# COUNT: steps taken, more by COUNT_0
COUNT, CLOSEST, CLOSEST_AT, ESCAPE_AT, ESCAPE_TIME = range(17, 22)
FIELDS: Final = 22
PART: Final = FIELDS * LANES
DOUBT: Final = -1.0  # as the closest distance
# Time steps of an agent and lane that are kept, by number modulo RING: at most CHUNK - 1 that are
# left and those that are drawn at once, and behind them three of steps before.
RING: Final = 128
# With this the lowest bits of COUNT's mantissa are those of the number of the step before: where
# the length of the next one is.
COUNT_0: Final = 2.0**52 + RING - 1

AT: Final = tuple(np.uint64(field * LANES) for field in range(2 * FIELDS))


def _drift_of(own: int) -> Callable[..., None]:
    """Return the step of agent `own`, which nothing attracts and which the other reads."""
    other = FIELDS - own
    o_time, o_step, o_count = (AT[own + f] for f in (TIME, STEP, COUNT))
    o_from, o_from1, o_from2 = (AT[own + FROM + d] for d in range(3))
    o_x, o_x1, o_x2 = (AT[own + X + d] for d in range(3))
    o_y, o_y1, o_y2 = (AT[own + Y + d] for d in range(3))
    o_vx, o_vy = AT[own + VX], AT[own + VY]
    p_time = AT[other + TIME]

    @inlined
    def drift(
        work: Floats,
        i: np.uint64,
        epsilon: float,
        number: float,  # noqa: ARG001 - as of `pull`
        mu: float,  # noqa: ARG001
        below: float,  # noqa: ARG001
        above: float,  # noqa: ARG001
    ) -> None:
        t, h = work[i + o_time], work[i + o_step]
        count, other_time = work[i + o_count], work[i + p_time]
        x, y, vx, vy = work[i + o_x], work[i + o_y], work[i + o_vx], work[i + o_vy]
        x1, y1, x2, y2 = work[i + o_x1], work[i + o_y1], work[i + o_x2], work[i + o_y2]
        begins, begins1, begins2 = work[i + o_from], work[i + o_from1], work[i + o_from2]
        steps = t - epsilon < other_time
        later, further, farther, more = t + h, x + vx * h, y + vy * h, count + 1.0
        work[i + o_time] = later if steps else t
        work[i + o_x] = further if steps else x
        work[i + o_y] = farther if steps else y
        work[i + o_x1] = x if steps else x1
        work[i + o_y1] = y if steps else y1
        work[i + o_x2] = x1 if steps else x2
        work[i + o_y2] = y1 if steps else y2
        work[i + o_from] = t if steps else begins
        work[i + o_from1] = begins if steps else begins1
        work[i + o_from2] = begins1 if steps else begins2
        work[i + o_count] = more if steps else count

    return drift


def _pull_of(own: int, *, both: bool) -> Callable[..., None]:
    """Return the step of agent `own`, which the other attracts; `both` attract each other."""
    other = FIELDS - own
    o_time, o_step, o_count = (AT[own + f] for f in (TIME, STEP, COUNT))
    o_from, o_from1, o_from2 = (AT[own + FROM + d] for d in range(3))
    o_x, o_x1, o_x2 = (AT[own + X + d] for d in range(3))
    o_y, o_y1, o_y2 = (AT[own + Y + d] for d in range(3))
    o_vx, o_vx1, o_vx2 = (AT[own + VX + d] for d in range(3))
    o_vy, o_vy1, o_vy2 = (AT[own + VY + d] for d in range(3))
    o_closest, o_closest_at = AT[own + CLOSEST], AT[own + CLOSEST_AT]
    o_escape_at, o_escape_time = AT[own + ESCAPE_AT], AT[own + ESCAPE_TIME]
    p_time = AT[other + TIME]
    p_from, p_from1 = AT[other + FROM], AT[other + FROM + 1]
    p_x, p_x1, p_x2 = (AT[other + X + d] for d in range(3))
    p_y, p_y1, p_y2 = (AT[other + Y + d] for d in range(3))
    p_vx, p_vx1, p_vx2 = (AT[other + VX + d] for d in range(3))
    p_vy, p_vy1, p_vy2 = (AT[other + VY + d] for d in range(3))

    @inlined
    def pull(
        work: Floats,
        i: np.uint64,
        epsilon: float,
        number: float,
        mu: float,
        below: float,
        above: float,
    ) -> None:
        t, h = work[i + o_time], work[i + o_step]
        count, other_time = work[i + o_count], work[i + p_time]
        x, y, vx, vy = work[i + o_x], work[i + o_y], work[i + o_vx], work[i + o_vy]
        begins, newest_from, second_from = (
            work[i + o_from],
            work[i + p_from],
            work[i + p_from1],
        )
        px, px1, px2 = work[i + p_x], work[i + p_x1], work[i + p_x2]
        py, py1, py2 = work[i + p_y], work[i + p_y1], work[i + p_y2]
        pvx, pvy = work[i + p_vx], work[i + p_vy]
        closest, closest_at = work[i + o_closest], work[i + o_closest_at]
        escape_at, escape_time = work[i + o_escape_at], work[i + o_escape_time]

        q = t - epsilon
        steps = q < other_time
        newest, second = q >= newest_from, q >= second_from
        px1 = px1 if second else px2
        py1 = py1 if second else py2
        px = px if newest else px1
        py = py if newest else py1
        if both:
            pvx1, pvx2 = work[i + p_vx1], work[i + p_vx2]
            pvy1, pvy2 = work[i + p_vy1], work[i + p_vy2]
            pvx1 = pvx1 if second else pvx2
            pvy1 = pvy1 if second else pvy2
            pvx = pvx if newest else pvx1
            pvy = pvy if newest else pvy1

        dx, dy = px - x, py - y
        r2 = dx * dx + dy * dy
        r = math.sqrt(r2)
        r3 = r2 * r
        new_vx = vx + (0.0 + mu * dx / r3) * h
        new_vy = vy + (0.0 + mu * dy / r3) * h
        new_x, new_y, later, more = x + new_vx * h, y + new_vy * h, t + h, count + 1.0

        wx, wy = vx - pvx, vy - pvy
        lift = 0.5 * (wx * wx + wy * wy) * r
        is_open = lift > above
        candidate = r if is_open | (lift < below) else DOUBT
        nearer = steps & (candidate < closest)
        leaves = steps & is_open & (escape_at < 0.0)
        returns = steps & (not is_open)
        new_escape_at = number if leaves else escape_at

        work[i + o_time] = later if steps else t
        work[i + o_x] = new_x if steps else x
        work[i + o_y] = new_y if steps else y
        work[i + o_vx] = new_vx if steps else vx
        work[i + o_vy] = new_vy if steps else vy
        work[i + o_from] = t if steps else begins
        work[i + o_count] = more if steps else count
        work[i + o_closest] = candidate if nearer else closest
        work[i + o_closest_at] = number if nearer else closest_at
        work[i + o_escape_at] = -1.0 if returns else new_escape_at
        work[i + o_escape_time] = t if leaves else escape_time
        if both:
            begins1, begins2 = work[i + o_from1], work[i + o_from2]
            x1, y1, x2, y2 = work[i + o_x1], work[i + o_y1], work[i + o_x2], work[i + o_y2]
            vx1, vx2, vy1, vy2 = (
                work[i + o_vx1],
                work[i + o_vx2],
                work[i + o_vy1],
                work[i + o_vy2],
            )
            work[i + o_from1] = begins if steps else begins1
            work[i + o_from2] = begins1 if steps else begins2
            work[i + o_x1] = x if steps else x1
            work[i + o_y1] = y if steps else y1
            work[i + o_x2] = x1 if steps else x2
            work[i + o_y2] = y1 if steps else y2
            work[i + o_vx1] = vx if steps else vx1
            work[i + o_vy1] = vy if steps else vy1
            work[i + o_vx2] = vx1 if steps else vx2
            work[i + o_vy2] = vy1 if steps else vy2

    return pull


def iterate_lanes(*, pulls_0: bool, pulls_1: bool) -> Callable[..., None]:
    """Return the iteration of all lanes; say of each agent whether it attracts the other.

    Both agents' steps are one loop: so what the one writes the other reads from registers, and
    the memory is as busy as the divisions.
    """
    step_0 = _pull_of(0, both=pulls_0) if pulls_1 else _drift_of(0)
    step_1 = _pull_of(FIELDS, both=pulls_1) if pulls_0 else _drift_of(FIELDS)

    @leaf
    def iterate(
        work: Floats,
        lanes: int,
        epsilon: float,
        number: float,
        mu_0: float,
        mu_1: float,
        below_0: float,
        below_1: float,
        above_0: float,
        above_1: float,
    ) -> None:
        for lane in range(lanes):
            i = np.uint64(lane)
            step_0(work, i, epsilon, number, mu_1, below_0, above_0)
            step_1(work, i, epsilon, number, mu_0, below_1, above_1)

    return iterate
