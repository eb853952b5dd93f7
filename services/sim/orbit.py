"""Orbits: osculating elements of a state, and the state that elements describe.

Both are about one primary: states are relative to it, and `mu` is the gravitational parameter of
the two together. Lengths and times are in any units that agree with mu; angles are in degrees.

Guarantees: + - * / and the square root of binary64 and `sim.elementary`, in the order that is
written here, so the bits depend on no library. States are scaled by powers of two, which is exact,
so an orbit is the same at any size. What no number holds, or what is not defined, is None.

Sources: D. A. Vallado, "Fundamentals of Astrodynamics and Applications", 4th edition, 2013,
sections 2.4 to 2.6 (algorithms 9 and 10); R. R. Bate, D. D. Mueller, J. E. White, "Fundamentals of
Astrodynamics", 1971, sections 2.3 to 2.5. docs/models.md has the conventions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, NamedTuple

from sim.elementary import atan2d, sincosd
from sim.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Elements", "OsculatingElements", "elements_of", "state_of"]

_PLANE: Final = 2
_FULL_TURN: Final = 360.0
_HALF_TURN: Final = 180.0
_TWO_PI: Final = 6.283185307179586
_ROUNDING: Final = 2.0**-48
"""Thirty-two roundings of binary64. An orbit that is a circle, a parabola, radial or in the x-y
plane but for as much is taken as one: which way it differs is then decided by rounding."""
_EXTREME: Final = 500
"""The square of 2**500 is a number and that of its square is none: see `_scaled`."""


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


class _Vector(NamedTuple):
    x: float
    y: float
    z: float


class _Scaled(NamedTuple):
    """A state in units of 2**length and 2**speed, so that the distance and mu are near 1."""

    r: _Vector
    v: _Vector
    mu: float
    length: int
    speed: int


def elements_of(r: Sequence[float], v: Sequence[float], mu: float) -> OsculatingElements:
    """Return the osculating elements of a position and a velocity relative to the primary.

    `r` and `v` have two components, or three. There are no elements without a mu above 0, at a
    distance of 0, of numbers that are not finite, or at 2**500 times the speed of a circular orbit.
    A radial motion has no angles.
    """
    scaled = _scaled(r, v, mu)
    if scaled is None:
        return OsculatingElements()
    distance = math.sqrt(_dot(scaled.r, scaled.r))
    potential = scaled.mu / distance
    energy = 0.5 * _dot(scaled.v, scaled.v) - potential
    if abs(energy) <= _ROUNDING * potential:
        energy = 0.0
    h = _cross(scaled.r, scaled.v)
    momentum = 0.0 if _is_radial(scaled.r, scaled.v, h) else math.sqrt(_dot(h, h))
    # e*cos(anomaly) and e*sin(anomaly), from the orbit's equation p/r = 1 + e*cos(anomaly) and its
    # derivative: Bate, Mueller and White, sections 1.5 and 2.5.
    parameter = momentum * momentum / scaled.mu
    along = parameter / distance - 1.0
    rising = momentum / scaled.mu * (_dot(scaled.r, scaled.v) / distance)
    e = _eccentricity(math.sqrt(along * along + rising * rising), energy)
    anomaly = None if e <= _ROUNDING else atan2d(rising, along)
    angles = {} if momentum == 0.0 else _angles(scaled.r, h, momentum, anomaly)
    if len(r) == _PLANE:
        angles.pop("inclination", None)
    return OsculatingElements(
        **_sizes(scaled, energy, e, parameter), **angles, eccentricity=_number(e)
    )


def _is_radial(r: _Vector, v: _Vector, h: _Vector) -> bool:
    """Return whether h = r x v is 0, within the rounding of its products."""
    products = ((abs(r.y * v.z) + abs(r.z * v.y)) + (abs(r.z * v.x) + abs(r.x * v.z))) + (
        abs(r.x * v.y) + abs(r.y * v.x)
    )
    return max(map(abs, h)) <= _ROUNDING * products


def _scaled(r: Sequence[float], v: Sequence[float], mu: float) -> _Scaled | None:
    """Return a state at a scale at which its squares are numbers; None if there is none.

    A speed of less than 2**-500 times that of a circular orbit is taken as 0.
    """
    position, velocity, mu = [float(c) for c in r], [float(c) for c in v], float(mu)
    if not all(map(math.isfinite, (*position, *velocity, mu))) or not mu > 0.0 or not any(position):
        return None
    length = math.frexp(max(map(abs, position)))[1]
    speed = (math.frexp(mu)[1] - length) // 2
    fast = math.frexp(max(map(abs, velocity)))[1] - speed
    if fast > _EXTREME:
        return None
    return _Scaled(
        _vector(position, length),
        _vector(velocity if fast >= -_EXTREME else [0.0, 0.0], speed),
        math.ldexp(mu, -length - 2 * speed),
        length,
        speed,
    )


def _vector(components: list[float], exponent: int) -> _Vector:
    x, y, z, *_ = [*(math.ldexp(component, -exponent) for component in components), 0.0]
    return _Vector(x, y, z)


def _eccentricity(e: float, energy: float) -> float:
    """Return e on the side of 1 where the energy says that it is; rounding may have crossed it."""
    if energy == 0.0:
        return 1.0
    return min(e, 1.0) if energy < 0.0 else max(e, 1.0)


def _sizes(state: _Scaled, energy: float, e: float, parameter: float) -> dict[str, float | None]:
    """Return the elements that are not angles: Bate, Mueller and White, sections 1.5 to 1.9."""
    sizes = {"periapsis": _number(parameter / (1.0 + e), state.length)}
    if energy >= 0.0:
        sizes["speed_at_infinity"] = _number(math.sqrt(2.0 * energy), state.speed)
    if energy != 0.0:
        a = -state.mu / (2.0 * energy)
        sizes["semi_major_axis"] = _number(a, state.length)
        if energy < 0.0:
            sizes["apoapsis"] = _number(a * (1.0 + e), state.length)
            period = _TWO_PI * (a * math.sqrt(a / state.mu))
            sizes["period"] = _number(period, state.length - state.speed)
    return sizes


def _angles(
    r: _Vector, h: _Vector, momentum: float, anomaly: float | None
) -> dict[str, float | None]:
    """Return the angles of an orbit whose angular momentum h, of size `momentum`, is not 0."""
    across = math.sqrt(h.x * h.x + h.y * h.y)
    flat = across <= _ROUNDING * momentum
    # From the node, or the x axis, to the state, in the direction of motion.
    if flat:
        latitude = atan2d(r.y if h.z > 0.0 else -r.y, r.x)
    else:
        latitude = atan2d(r.z * momentum, r.y * h.x - r.x * h.y)
    return {
        "inclination": atan2d(across, h.z),
        "node": None if flat else _within_a_turn(atan2d(h.x, -h.y)),
        "argument_of_periapsis": None if anomaly is None else _within_a_turn(latitude - anomaly),
        "true_anomaly": None if anomaly is None else _within_a_turn(anomaly),
    }


def _within_a_turn(degrees: float) -> float:
    """Return an angle of -360 to 360 as one from 0 to below 360."""
    positive = degrees + _FULL_TURN if degrees < 0.0 else degrees
    return positive - _FULL_TURN if positive >= _FULL_TURN else positive


def _number(value: float, exponent: int = 0) -> float | None:
    """Return value*2**exponent, or None if no number other than 0 holds it."""
    try:
        number = math.ldexp(value, exponent)
    except OverflowError:
        return None
    return number if math.isfinite(number) and (number != 0.0 or value == 0.0) else None


def _dot(a: _Vector, b: _Vector) -> float:
    return (a.x * b.x + a.y * b.y) + a.z * b.z


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return _Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


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


def _perifocal_axes(elements: Elements) -> tuple[_Vector, _Vector]:
    """Return the unit vectors to the periapsis and, in the direction of motion, 90 degrees on."""
    sin_i, cos_i = sincosd(elements.i)
    sin_node, cos_node = sincosd(elements.node)
    sin_argp, cos_argp = sincosd(elements.argp)
    return (
        _Vector(
            cos_node * cos_argp - sin_node * sin_argp * cos_i,
            sin_node * cos_argp + cos_node * sin_argp * cos_i,
            sin_argp * sin_i,
        ),
        _Vector(
            -(cos_node * sin_argp) - sin_node * cos_argp * cos_i,
            -(sin_node * sin_argp) + cos_node * cos_argp * cos_i,
            cos_argp * sin_i,
        ),
    )


def _along(a: _Vector, by_a: float, b: _Vector, by_b: float) -> tuple[float, float, float]:
    """Return by_a*a + by_b*b, without negative zeros."""
    return (
        by_a * a.x + by_b * b.x + 0.0,
        by_a * a.y + by_b * b.y + 0.0,
        by_a * a.z + by_b * b.z + 0.0,
    )
