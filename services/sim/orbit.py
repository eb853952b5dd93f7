"""Orbits: osculating elements of a state, and the state that elements describe.

Both are about one primary: states are relative to it, and `mu` is the gravitational parameter of
the two together. Lengths and times are in any units that agree with mu; angles are in degrees.

Guarantees: + - * / and the square root of binary64 and `sim.elementary`, in the order that is
written here and in `sim.osculating`, so the bits depend on no library. What no number holds, or
what is not defined, is None.

Sources: D. A. Vallado, "Fundamentals of Astrodynamics and Applications", 4th edition, 2013,
sections 2.4 to 2.6 (algorithms 9 and 10); R. R. Bate, D. D. Mueller, J. E. White, "Fundamentals of
Astrodynamics", 1971, sections 2.3 to 2.5. docs/models.md has the conventions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from sim.elementary import atan2d, sincosd
from sim.errors import ScenarioError
from sim.osculating import Vector, element_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Elements", "OsculatingElements", "elements_of", "state_of"]

_PLANE: Final = 2
_HALF_TURN: Final = 180.0


@dataclass(frozen=True, slots=True)
class Elements:
    """The six elements of an orbit, in degrees, under the names that they have in JSON.

    `a` the semi-major axis (below 0: a hyperbola), `e` the eccentricity, `i` the inclination,
    `node` the longitude of the ascending node, `argp` the argument of periapsis, and `anomaly` the
    true anomaly.
    """

    a: float
    e: float
    i: float = 0.0
    node: float = 0.0
    argp: float = 0.0
    anomaly: float = 0.0


@dataclass(frozen=True, slots=True)
class OsculatingElements:
    """The elements of the orbit on which a state would stay if there were only its primary.

    Angles are in degrees, from 0 to below 360. In the plane there is no inclination and no node.
    """

    semi_major_axis: float | None = None
    """Below 0 on a hyperbola; None on a parabola."""
    eccentricity: float | None = None
    """0 a circle, below 1 an ellipse, 1 a parabola, above 1 a hyperbola."""
    inclination: float | None = None
    """Of the orbit to the x-y plane, from 0 to 180; above 90 it is retrograde."""
    node: float | None = None
    """From the x axis to where the orbit rises through the x-y plane; None if it lies in it."""
    argument_of_periapsis: float | None = None
    """From the node, or where there is none from the x axis, to the periapsis, in the direction of
    motion; None on a circle."""
    true_anomaly: float | None = None
    """From the periapsis to the state, in the direction of motion; None on a circle."""
    period: float | None = None
    """Of one revolution; None on an open orbit."""
    periapsis: float | None = None
    """The least distance."""
    apoapsis: float | None = None
    """The greatest distance; None on an open orbit."""
    speed_at_infinity: float | None = None
    """0 on a parabola; None on an ellipse."""

    def to_json(self) -> dict[str, float | None]:
        """Return the elements by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def elements_of(r: Sequence[float], v: Sequence[float], mu: float) -> OsculatingElements:
    """Return the osculating elements of a position and a velocity relative to the primary.

    `r` and `v` have two components, or three. There are no elements without a mu above 0, at a
    distance of 0, of numbers that are not finite, or at 2**500 times the speed of a circular orbit.
    A radial motion has no angles.
    """
    numbers = element_numbers(_vector_of(r), _vector_of(v), float(mu))
    defined = (None if math.isnan(number) else number for number in numbers)
    elements = OsculatingElements(*defined)
    return replace(elements, inclination=None) if len(r) == _PLANE else elements


def _vector_of(components: Sequence[float]) -> Vector:
    x, y, z, *_ = [*(float(component) for component in components), 0.0]
    return Vector(x, y, z)


def state_of(elements: Elements, mu: float, where: str = "orbit") -> tuple[float, ...]:
    """Return x, y, z, vx, vy, vz relative to the primary.

    Raises ScenarioError, with the path `where` and the element's name, for elements that are no
    orbit. Vallado, algorithm 10, with the semi-latus rectum p = a*(1 - e)*(1 + e).

    >>> state_of(Elements(a=1.0, e=0.0, anomaly=90.0), mu=1.0)
    (0.0, 1.0, 0.0, -1.0, 0.0, 0.0)
    """
    _check(elements, mu, where)
    e = elements.e
    sine, cosine = sincosd(elements.anomaly)
    nearness = 1.0 + e * cosine
    if nearness <= 0.0:
        raise ScenarioError(f"{where}.anomaly", _beyond(e))
    parameter = elements.a * ((1.0 - e) * (1.0 + e))
    distance = parameter / nearness
    speed = math.sqrt(mu / parameter) if parameter > 0.0 else math.inf
    x_axis, y_axis = _perifocal_axes(elements)
    state = (
        *_along(x_axis, distance * cosine, y_axis, distance * sine),
        *_along(x_axis, -(speed * sine), y_axis, speed * (e + cosine)),
    )
    if not all(map(math.isfinite, state)) or not distance > 0.0:
        raise ScenarioError(where, "leads to a state that 64-bit floats do not hold.")
    return state


def _check(elements: Elements, mu: float, where: str) -> None:
    """Check that there is such an orbit; its anomaly is checked where it is used."""
    for field in fields(elements):
        if not math.isfinite(getattr(elements, field.name)):
            raise ScenarioError(f"{where}.{field.name}", "must be a finite number.")
    if not 0.0 < mu < math.inf:
        raise ScenarioError(where, "needs a primary whose mu, with the agent's own, is above 0.")
    if elements.e < 0.0:
        raise ScenarioError(f"{where}.e", "must be at least 0.")
    if elements.e == 1.0:
        raise ScenarioError(
            f"{where}.e", "can't be 1: a parabola has no semi-major axis. Give x, y, z, vx, vy, vz."
        )
    if elements.e < 1.0 and elements.a <= 0.0:
        raise ScenarioError(f"{where}.a", "must be above 0 where e is below 1: it is an ellipse.")
    if elements.e > 1.0 and elements.a >= 0.0:
        raise ScenarioError(f"{where}.a", "must be below 0 where e is above 1: it is a hyperbola.")
    if not 0.0 <= elements.i <= _HALF_TURN:
        raise ScenarioError(f"{where}.i", "must be from 0 to 180 degrees.")


def _beyond(e: float) -> str:
    """Return what is wrong with an anomaly that no point of the hyperbola has."""
    # cos(asymptote) = -1/e, and its sine is the square root of (1 - 1/e)*(1 + 1/e).
    asymptote = atan2d(math.sqrt((1.0 - 1.0 / e) * (1.0 + 1.0 / e)), -1.0 / e)
    return f"must be less than {asymptote:.6g} degrees from 0, where the hyperbola's asymptote is."


def _perifocal_axes(elements: Elements) -> tuple[Vector, Vector]:
    """Return the unit vectors to the periapsis and, in the direction of motion, 90 degrees on."""
    sin_i, cos_i = sincosd(elements.i)
    sin_node, cos_node = sincosd(elements.node)
    sin_argp, cos_argp = sincosd(elements.argp)
    return (
        Vector(
            cos_node * cos_argp - sin_node * sin_argp * cos_i,
            sin_node * cos_argp + cos_node * sin_argp * cos_i,
            sin_argp * sin_i,
        ),
        Vector(
            -(cos_node * sin_argp) - sin_node * cos_argp * cos_i,
            -(sin_node * sin_argp) + cos_node * cos_argp * cos_i,
            cos_argp * sin_i,
        ),
    )


def _along(a: Vector, by_a: float, b: Vector, by_b: float) -> tuple[float, float, float]:
    """Return by_a*a + by_b*b, without negative zeros."""
    return (
        by_a * a.x + by_b * b.x + 0.0,
        by_a * a.y + by_b * b.y + 0.0,
        by_a * a.z + by_b * b.z + 0.0,
    )
