"""The polynomials of a step of `gauss-radau-15`: predicted, corrected node by node, finished.

The correction by the acceleration at a node and the prediction of the position at the next one are
one loop over all components. There are eight, each with its own numbers in the machine code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import inner
from sim.models.nbody.coefficients import (
    DIVISORS,
    EXPANSION,
    NEWTON,
    NODES,
    PASCAL,
    POSITION_AT_NODE,
    POSITION_DIVISORS,
    VELOCITY_DIVISORS,
)
from sim.models.nbody.kernel.blocks import (
    A_0,
    ACCELERATION,
    B_0,
    B_CARRY_0,
    CHANGE,
    E_0,
    FIELD,
    G_0,
    LAST_B_0,
    LAST_E_0,
    PART,
    POSITION,
    POSITION_CARRY,
    START,
    VELOCITY,
    VELOCITY_CARRY,
)
from sim.models.nbody.kernel.forces import added

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.layout import Floats
    from sim.models.nbody.coefficients import Double

__all__ = [
    "B_6",
    "begin",
    "finish",
    "node_0",
    "node_1",
    "node_2",
    "node_3",
    "node_4",
    "node_5",
    "node_6",
    "node_7",
    "predict",
]

B_1, B_2, B_3, B_4, B_5, B_6 = (B_0 + np.uint64(k) * FIELD for k in range(1, 7))
G_1, G_2, G_3, G_4, G_5, G_6 = (G_0 + np.uint64(k) * FIELD for k in range(1, 7))
E_1, E_2, E_3, E_4, E_5, E_6 = (E_0 + np.uint64(k) * FIELD for k in range(1, 7))
B_CARRY_1, B_CARRY_2, B_CARRY_3, B_CARRY_4, B_CARRY_5, B_CARRY_6 = (
    B_CARRY_0 + np.uint64(k) * FIELD for k in range(1, 7)
)
LAST_B_1, LAST_B_2, LAST_B_3, LAST_B_4, LAST_B_5, LAST_B_6 = (
    LAST_B_0 + np.uint64(k) * FIELD for k in range(1, 7)
)
LAST_E_1, LAST_E_2, LAST_E_3, LAST_E_4, LAST_E_5, LAST_E_6 = (
    LAST_E_0 + np.uint64(k) * FIELD for k in range(1, 7)
)
_LAST_NODE: Final = 7


@inner
def _times(coefficient: Double, value: float) -> float:
    return coefficient[0] * value + coefficient[1] * value


@inner
def _weighted(
    first: float,
    weights: tuple[Double, ...],
    b0: float,
    b1: float,
    b2: float,
    b3: float,
    b4: float,
    b5: float,
    b6: float,
) -> float:
    """Return the sum of `first` and of the seven b, each times its weight."""
    return (
        (first + _times(weights[0], b0)) + (_times(weights[1], b1) + _times(weights[2], b2))
    ) + (
        (_times(weights[3], b3) + _times(weights[4], b4))
        + (_times(weights[5], b5) + _times(weights[6], b6))
    )


@inner
def _divided(
    first: float,
    divisors: tuple[float, ...],
    b0: float,
    b1: float,
    b2: float,
    b3: float,
    b4: float,
    b5: float,
    b6: float,
) -> float:
    """Return the sum of `first` and of the seven b, each divided."""
    return ((first + b0 / divisors[0]) + (b1 / divisors[1] + b2 / divisors[2])) + (
        (b3 / divisors[3] + b4 / divisors[4]) + (b5 / divisors[5] + b6 / divisors[6])
    )


def _node(n: int) -> Callable[[Floats, int, int, float], None]:
    """Return the loop that corrects by node n, from 1 on, and predicts positions at node n + 1."""
    divisors = (*DIVISORS[n], *[(0.0, 0.0)] * 8)
    expansion = EXPANSION[max(n - 1, 0)]
    newest = G_0 + np.uint64(max(n - 1, 0)) * FIELD
    node, weights = NODES[min(n + 1, _LAST_NODE)], POSITION_AT_NODE[min(n + 1, _LAST_NODE)]

    def at_node(work: Floats, agents: int, lanes: int, dt: float) -> None:
        s = node * dt
        s2 = s * s
        for part in range(3 * ((agents + 7) >> 3)):
            start = np.uint64(part) * PART
            for lane in range(lanes):
                i = start + np.uint64(lane)
                b0, b1, b2, b3 = work[i + B_0], work[i + B_1], work[i + B_2], work[i + B_3]
                b4, b5, b6 = work[i + B_4], work[i + B_5], work[i + B_6]
                if n > 0:
                    known = 0.0
                    if n > 1:
                        known += _times(divisors[1], work[i + G_0])
                    if n > 2:
                        known += _times(divisors[2], work[i + G_1])
                    if n > 3:
                        known += _times(divisors[3], work[i + G_2])
                    if n > 4:
                        known += _times(divisors[4], work[i + G_3])
                    if n > 5:
                        known += _times(divisors[5], work[i + G_4])
                    if n > 6:
                        known += _times(divisors[6], work[i + G_5])
                    g = _times(divisors[0], work[i + ACCELERATION] - work[i + A_0]) - known
                    change = g - work[i + newest]
                    work[i + newest] = g
                    b0, work[i + B_CARRY_0] = added(
                        b0, work[i + B_CARRY_0], _times(expansion[0], change)
                    )
                    if n > 1:
                        b1, work[i + B_CARRY_1] = added(
                            b1, work[i + B_CARRY_1], _times(expansion[1], change)
                        )
                    if n > 2:
                        b2, work[i + B_CARRY_2] = added(
                            b2, work[i + B_CARRY_2], _times(expansion[2], change)
                        )
                    if n > 3:
                        b3, work[i + B_CARRY_3] = added(
                            b3, work[i + B_CARRY_3], _times(expansion[3], change)
                        )
                    if n > 4:
                        b4, work[i + B_CARRY_4] = added(
                            b4, work[i + B_CARRY_4], _times(expansion[4], change)
                        )
                    if n > 5:
                        b5, work[i + B_CARRY_5] = added(
                            b5, work[i + B_CARRY_5], _times(expansion[5], change)
                        )
                    if n > 6:
                        b6, work[i + B_CARRY_6] = added(
                            b6, work[i + B_CARRY_6], _times(expansion[6], change)
                        )
                        work[i + CHANGE] = change
                    work[i + B_0], work[i + B_1], work[i + B_2] = b0, b1, b2
                    work[i + B_3], work[i + B_4], work[i + B_5] = b3, b4, b5
                    work[i + B_6] = b6
                if n < _LAST_NODE:
                    curved = _weighted(0.5 * work[i + A_0], weights, b0, b1, b2, b3, b4, b5, b6)
                    work[i + POSITION] = work[i + START] + (
                        (s * work[i + VELOCITY] + s2 * curved) - work[i + POSITION_CARRY]
                    )

    # numba names machine code by this. Under one name for all nodes, code from its cache on disk
    # and code that is compiled now were linked to one another's nodes.
    at_node.__qualname__ = f"node_{n}"
    return inner(at_node)


node_0, node_1, node_2, node_3, node_4, node_5, node_6, node_7 = map(_node, range(8))


@inner
def begin(work: Floats, agents: int, lanes: int) -> None:
    """Keep the positions and the accelerations at the start of the step."""
    for part in range(3 * ((agents + 7) >> 3)):
        start = np.uint64(part) * PART
        for lane in range(lanes):
            i = start + np.uint64(lane)
            work[i + START], work[i + A_0] = work[i + POSITION], work[i + ACCELERATION]


@inner
def predict(work: Floats, agents: int, lanes: int, q: float) -> None:
    """Begin a step that is q times as long as the last: go on along its polynomial."""
    q1 = q
    q2 = q1 * q
    q3 = q2 * q
    q4 = q3 * q
    q5 = q4 * q
    q6 = q5 * q
    q7 = q6 * q
    for part in range(3 * ((agents + 7) >> 3)):
        start = np.uint64(part) * PART
        for lane in range(lanes):
            i = start + np.uint64(lane)
            b0, b1, b2 = work[i + LAST_B_0], work[i + LAST_B_1], work[i + LAST_B_2]
            b3, b4, b5 = work[i + LAST_B_3], work[i + LAST_B_4], work[i + LAST_B_5]
            b6 = work[i + LAST_B_6]
            e0 = q1 * (
                b0
                + PASCAL[0][1] * b1
                + PASCAL[0][2] * b2
                + PASCAL[0][3] * b3
                + PASCAL[0][4] * b4
                + PASCAL[0][5] * b5
                + PASCAL[0][6] * b6
            )
            e1 = q2 * (
                b1
                + PASCAL[1][2] * b2
                + PASCAL[1][3] * b3
                + PASCAL[1][4] * b4
                + PASCAL[1][5] * b5
                + PASCAL[1][6] * b6
            )
            e2 = q3 * (
                b2 + PASCAL[2][3] * b3 + PASCAL[2][4] * b4 + PASCAL[2][5] * b5 + PASCAL[2][6] * b6
            )
            e3 = q4 * (b3 + PASCAL[3][4] * b4 + PASCAL[3][5] * b5 + PASCAL[3][6] * b6)
            e4 = q5 * (b4 + PASCAL[4][5] * b5 + PASCAL[4][6] * b6)
            e5 = q6 * (b5 + PASCAL[5][6] * b6)
            e6 = q7 * (b6)
            n0 = e0 + (b0 - work[i + LAST_E_0])
            n1 = e1 + (b1 - work[i + LAST_E_1])
            n2 = e2 + (b2 - work[i + LAST_E_2])
            n3 = e3 + (b3 - work[i + LAST_E_3])
            n4 = e4 + (b4 - work[i + LAST_E_4])
            n5 = e5 + (b5 - work[i + LAST_E_5])
            n6 = e6 + (b6 - work[i + LAST_E_6])
            work[i + E_0] = e0
            work[i + B_0] = n0
            work[i + B_CARRY_0] = 0.0
            work[i + E_1] = e1
            work[i + B_1] = n1
            work[i + B_CARRY_1] = 0.0
            work[i + E_2] = e2
            work[i + B_2] = n2
            work[i + B_CARRY_2] = 0.0
            work[i + E_3] = e3
            work[i + B_3] = n3
            work[i + B_CARRY_3] = 0.0
            work[i + E_4] = e4
            work[i + B_4] = n4
            work[i + B_CARRY_4] = 0.0
            work[i + E_5] = e5
            work[i + B_5] = n5
            work[i + B_CARRY_5] = 0.0
            work[i + E_6] = e6
            work[i + B_6] = n6
            work[i + B_CARRY_6] = 0.0
            work[i + G_0] = (
                n0
                + _times(NEWTON[1][0], n1)
                + _times(NEWTON[2][0], n2)
                + _times(NEWTON[3][0], n3)
                + _times(NEWTON[4][0], n4)
                + _times(NEWTON[5][0], n5)
                + _times(NEWTON[6][0], n6)
            )
            work[i + G_1] = (
                n1
                + _times(NEWTON[2][1], n2)
                + _times(NEWTON[3][1], n3)
                + _times(NEWTON[4][1], n4)
                + _times(NEWTON[5][1], n5)
                + _times(NEWTON[6][1], n6)
            )
            work[i + G_2] = (
                n2
                + _times(NEWTON[3][2], n3)
                + _times(NEWTON[4][2], n4)
                + _times(NEWTON[5][2], n5)
                + _times(NEWTON[6][2], n6)
            )
            work[i + G_3] = (
                n3 + _times(NEWTON[4][3], n4) + _times(NEWTON[5][3], n5) + _times(NEWTON[6][3], n6)
            )
            work[i + G_4] = n4 + _times(NEWTON[5][4], n5) + _times(NEWTON[6][4], n6)
            work[i + G_5] = n5 + _times(NEWTON[6][5], n6)
            work[i + G_6] = n6


@inner
def finish(work: Floats, agents: int, lanes: int, dt: float) -> None:
    """Move to the end of the step, and keep its polynomial for the next prediction."""
    dt2 = dt * dt
    for part in range(3 * ((agents + 7) >> 3)):
        start = np.uint64(part) * PART
        for lane in range(lanes):
            i = start + np.uint64(lane)
            b0, b1, b2, b3 = work[i + B_0], work[i + B_1], work[i + B_2], work[i + B_3]
            b4, b5, b6 = work[i + B_4], work[i + B_5], work[i + B_6]
            a0, v = work[i + A_0], work[i + VELOCITY]
            curved = _divided(0.5 * a0, POSITION_DIVISORS, b0, b1, b2, b3, b4, b5, b6)
            x, carry = added(work[i + START], work[i + POSITION_CARRY], dt2 * curved)
            x, work[i + POSITION_CARRY] = added(x, carry, dt * v)
            work[i + POSITION] = x
            gained = dt * _divided(a0, VELOCITY_DIVISORS, b0, b1, b2, b3, b4, b5, b6)
            work[i + VELOCITY], work[i + VELOCITY_CARRY] = added(
                v, work[i + VELOCITY_CARRY], gained
            )
            work[i + LAST_B_0], work[i + LAST_B_1], work[i + LAST_B_2] = b0, b1, b2
            work[i + LAST_B_3], work[i + LAST_B_4], work[i + LAST_B_5] = b3, b4, b5
            work[i + LAST_B_6] = b6
            work[i + LAST_E_0], work[i + LAST_E_1] = work[i + E_0], work[i + E_1]
            work[i + LAST_E_2], work[i + LAST_E_3] = work[i + E_2], work[i + E_3]
            work[i + LAST_E_4], work[i + LAST_E_5] = work[i + E_4], work[i + E_5]
            work[i + LAST_E_6] = work[i + E_6]
