"""Osculating elements of many states at once: `sim.osculating`, compiled.

Guarantees: the bits are those of `sim.orbit.elements_of`, since it is the same source.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sim.jit import compilable, compiled
from sim.osculating import COMPILABLE, Vector, element_numbers

if TYPE_CHECKING:
    from sim.kernel.layout import Floats

__all__ = ["ORBIT", "elements_of_states"]

ORBIT: Final = 6
"""The elements of an orbit: a, e, i, node, argp, anomaly, as `sim.orbit.Elements` names them."""

compilable(*COMPILABLE)


@compiled
def elements_of_states(relative: Floats, mu: float, elements: Floats) -> None:
    """Write the elements of states relative to their primary, one in each column.

    `relative` float64[4, N] has x, y, vx, vy, or float64[6, N] x, y, z, vx, vy, vz; `mu` is that of
    the orbits. `elements` float64[6, N] receives a, e, i, node, argp, anomaly, in degrees; nan
    where one is not defined, and in the plane for i.
    """
    plane = len(relative) == 4
    for k in range(relative.shape[1]):
        if plane:
            r = Vector(relative[0, k], relative[1, k], 0.0)
            v = Vector(relative[2, k], relative[3, k], 0.0)
        else:
            r = Vector(relative[0, k], relative[1, k], relative[2, k])
            v = Vector(relative[3, k], relative[4, k], relative[5, k])
        found = element_numbers(r, v, mu)
        elements[0, k] = found.semi_major_axis
        elements[1, k] = found.eccentricity
        elements[2, k] = math.nan if plane else found.inclination
        elements[3, k] = found.node
        elements[4, k] = found.argument_of_periapsis
        elements[5, k] = found.true_anomaly
