"""The numbers of osculating elements, in plain functions that numba can also compile.

Guarantees:

- + - * / and the square root of binary64 and `sim.elementary`, in the order that is written here:
  the same bits on every machine, in plain Python (`sim.orbit`) and compiled (`sim.kernel`).
- States are scaled by powers of two, which is exact, so an orbit is the same at any size. What no
  number holds, or what is not defined, is nan.

Sources: as in `sim.orbit`.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from sim.elementary import ANGLE_FUNCTIONS, atan2d

__all__ = ["COMPILABLE", "ElementNumbers", "Vector", "element_numbers"]

_FULL_TURN: Final = 360.0
_TWO_PI: Final = 6.283185307179586
_ROUNDING: Final = 2.0**-48
"""Thirty-two roundings of binary64. An orbit that is a circle, a parabola, radial or in the x-y
plane but for as much is taken as one: which way it differs is then decided by rounding."""
_EXTREME: Final = 500
"""The square of 2**500 is a number and that of its square is none: see `_scaled`."""
_LARGEST: Final = 1024
"""Numbers are below 2**1024: IEEE 754, binary64."""


class Vector(NamedTuple):
    """Three components."""

    x: float
    y: float
    z: float


class _Scaled(NamedTuple):
    """A state in units of 2**length and 2**speed, so that the distance and mu are near 1."""

    r: Vector
    v: Vector
    mu: float
    length: int
    speed: int


class ElementNumbers(NamedTuple):
    """The numbers of `OsculatingElements`, under its names; nan where one is not defined."""

    semi_major_axis: float
    eccentricity: float
    inclination: float
    node: float
    argument_of_periapsis: float
    true_anomaly: float
    period: float
    periapsis: float
    apoapsis: float
    speed_at_infinity: float


class _Sizes(NamedTuple):
    semi_major_axis: float
    period: float
    periapsis: float
    apoapsis: float
    speed_at_infinity: float


class _Angles(NamedTuple):
    inclination: float
    node: float
    argument_of_periapsis: float
    true_anomaly: float


_NOTHING: Final = ElementNumbers(*(math.nan,) * 10)
_NO_ANGLES: Final = _Angles(*(math.nan,) * 4)


def element_numbers(r: Vector, v: Vector, mu: float) -> ElementNumbers:
    """Return the elements of a state relative to its primary; in the plane, i is 0 or 180.

    See `sim.orbit.elements_of`. Compiled, it and what it calls (`COMPILABLE`) have the same bits.
    """
    if not _is_state(r, v, mu):
        return _NOTHING
    scaled = _scaled(r, v, mu)
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
    anomaly = math.nan if e <= _ROUNDING else atan2d(rising, along)
    sizes = _sizes(scaled, energy, e, parameter)
    angles = _NO_ANGLES if momentum == 0.0 else _angles(scaled.r, h, momentum, anomaly)
    return ElementNumbers(
        sizes.semi_major_axis,
        _number(e, 0),
        angles.inclination,
        angles.node,
        angles.argument_of_periapsis,
        angles.true_anomaly,
        sizes.period,
        sizes.periapsis,
        sizes.apoapsis,
        sizes.speed_at_infinity,
    )


def _is_radial(r: Vector, v: Vector, h: Vector) -> bool:
    """Return whether h = r x v is 0, within the rounding of its products."""
    products = ((abs(r.y * v.z) + abs(r.z * v.y)) + (abs(r.z * v.x) + abs(r.x * v.z))) + (
        abs(r.x * v.y) + abs(r.y * v.x)
    )
    return _greatest(h) <= _ROUNDING * products


def _greatest(vector: Vector) -> float:
    """Return the size of the greatest component, which must be numbers."""
    return max(abs(vector.x), abs(vector.y), abs(vector.z))


def _is_state(r: Vector, v: Vector, mu: float) -> bool:
    """Return whether a state has elements; see `element_numbers`."""
    finite = math.isfinite(r.x) and math.isfinite(r.y) and math.isfinite(r.z)
    finite = finite and math.isfinite(v.x) and math.isfinite(v.y) and math.isfinite(v.z)
    if not (finite and math.isfinite(mu)) or not mu > 0.0 or not _greatest(r) > 0.0:
        return False
    return _fast(v, _speed(mu, _exponent(_greatest(r)))) <= _EXTREME


def _scaled(r: Vector, v: Vector, mu: float) -> _Scaled:
    """Return a state at a scale at which its squares are numbers.

    A speed of less than 2**-500 times that of a circular orbit is taken as 0.
    """
    length = _exponent(_greatest(r))
    speed = _speed(mu, length)
    moving = v if _fast(v, speed) >= -_EXTREME else Vector(0.0, 0.0, 0.0)
    return _Scaled(
        _times_power(r, -length),
        _times_power(moving, -speed),
        math.ldexp(mu, -length - 2 * speed),
        length,
        speed,
    )


def _exponent(value: float) -> int:
    return math.frexp(value)[1]


def _speed(mu: float, length: int) -> int:
    return (_exponent(mu) - length) // 2


def _fast(v: Vector, speed: int) -> int:
    return _exponent(_greatest(v)) - speed


def _times_power(vector: Vector, exponent: int) -> Vector:
    return Vector(
        math.ldexp(vector.x, exponent),
        math.ldexp(vector.y, exponent),
        math.ldexp(vector.z, exponent),
    )


def _eccentricity(e: float, energy: float) -> float:
    """Return e on the side of 1 where the energy says that it is; rounding may have crossed it."""
    if energy == 0.0:
        return 1.0
    return min(e, 1.0) if energy < 0.0 else max(e, 1.0)


def _sizes(state: _Scaled, energy: float, e: float, parameter: float) -> _Sizes:
    """Return the elements that are not angles: Bate, Mueller and White, sections 1.5 to 1.9."""
    semi_major_axis = period = apoapsis = speed = math.nan
    if energy >= 0.0:
        speed = _number(math.sqrt(2.0 * energy), state.speed)
    if energy != 0.0:
        a = -state.mu / (2.0 * energy)
        semi_major_axis = _number(a, state.length)
        if energy < 0.0:
            apoapsis = _number(a * (1.0 + e), state.length)
            turn = _TWO_PI * (a * math.sqrt(a / state.mu))
            period = _number(turn, state.length - state.speed)
    periapsis = _number(parameter / (1.0 + e), state.length)
    return _Sizes(semi_major_axis, period, periapsis, apoapsis, speed)


def _angles(r: Vector, h: Vector, momentum: float, anomaly: float) -> _Angles:
    """Return the angles of an orbit whose angular momentum h, of size `momentum`, is not 0."""
    across = math.sqrt(h.x * h.x + h.y * h.y)
    flat = across <= _ROUNDING * momentum
    # From the node, or the x axis, to the state, in the direction of motion.
    if flat:
        latitude = atan2d(r.y if h.z > 0.0 else -r.y, r.x)
    else:
        latitude = atan2d(r.z * momentum, r.y * h.x - r.x * h.y)
    return _Angles(
        atan2d(across, h.z),
        math.nan if flat else _within_a_turn(atan2d(h.x, -h.y)),
        _within_a_turn(latitude - anomaly),
        _within_a_turn(anomaly),
    )


def _within_a_turn(degrees: float) -> float:
    """Return an angle of -360 to 360 as one from 0 to below 360."""
    positive = degrees + _FULL_TURN if degrees < 0.0 else degrees
    return positive - _FULL_TURN if positive >= _FULL_TURN else positive


def _number(value: float, exponent: int) -> float:
    """Return value*2**exponent, or nan if no number other than 0 holds it."""
    if not math.isfinite(value) or _exponent(value) + exponent > _LARGEST:
        return math.nan
    number = math.ldexp(value, exponent)
    return number if number != 0.0 or value == 0.0 else math.nan


def _dot(a: Vector, b: Vector) -> float:
    return (a.x * b.x + a.y * b.y) + a.z * b.z


def _cross(a: Vector, b: Vector) -> Vector:
    return Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


COMPILABLE: Final = (
    *ANGLE_FUNCTIONS,
    element_numbers,
    _is_radial,
    _greatest,
    _is_state,
    _scaled,
    _exponent,
    _speed,
    _fast,
    _times_power,
    _eccentricity,
    _sizes,
    _angles,
    _within_a_turn,
    _number,
    _dot,
    _cross,
)
"""`element_numbers` and all functions that it calls."""
