"""Sine, cosine and arctangent in degrees, of our own, so that no C library decides a bit.

Guarantees:

- Only + - * / of binary64, in the order that is written here, beside remainder and floor of numbers
  above 0, which are exact: the same bits on every machine, in plain Python and compiled by numba.
- Multiples of 90 degrees have the sines and cosines 0.0, 1.0 and -1.0; the axes and diagonals have
  exact multiples of 45 degrees as their angles. No result is a negative zero.
- Results above 1e-300 are within one unit in the last place (ulp) of the true value. The worst seen
  is 0.9 for sine and cosine, and 0.8 for the angle of a vector.

The names are those of Fortran 2023 (ISO/IEC 1539-1, section 16.9). All arguments must be finite.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["ANGLE_FUNCTIONS", "atan2d", "cosd", "sincosd", "sind"]

_SPLITTER: Final = 134217729.0
"""2**27 + 1 cuts a number into two halves whose products are exact: T. J. Dekker, "A floating-point
technique for extending the available precision", Numerische Mathematik 18 (1971), 224-242."""
_RADIANS: Final = (0.01745329238474369, 1.3519960527851425e-10)
"""pi/180 as a sum of two numbers; the first has 26 bits."""
_DEGREES: Final = (57.29577922821045, 2.8487187165804814e-07)
"""180/pi, likewise."""
_OF_ONE_HALF: Final = (26.56505117707799, -6.673432494950659e-16)
"""The angle whose tangent is 1/2, in degrees, as a sum of two numbers."""
_LARGE: Final = 2.0**900  # above it, and below the next, products of halves leave binary64
_SMALL: Final = 2.0**-900
_SCALE: Final = 2.0**200

# Coefficients of Taylor's series (NIST Digital Library of Mathematical Functions, 4.19.1, 4.19.2
# and 4.24.3). What is left out is below 2**-60 of the result: |t| <= pi/4 for the first two, and
# |t| <= 1/4 for the third.
_S3, _S5, _S7, _S9 = -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362880.0
_S11, _S13 = -1.0 / 39916800.0, 1.0 / 6227020800.0
_S15, _S17 = -1.0 / 1307674368000.0, 1.0 / 355687428096000.0
_C4, _C6, _C8, _C10 = 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0, -1.0 / 3628800.0
_C12, _C14 = 1.0 / 479001600.0, -1.0 / 87178291200.0
_C16, _C18 = 1.0 / 20922789888000.0, -1.0 / 6402373705728000.0
_A3, _A5, _A7, _A9, _A11, _A13 = -1.0 / 3.0, 0.2, -1.0 / 7.0, 1.0 / 9.0, -1.0 / 11.0, 1.0 / 13.0
_A15, _A17, _A19, _A21 = -1.0 / 15.0, 1.0 / 17.0, -1.0 / 19.0, 1.0 / 21.0
_A23, _A25, _A27 = -1.0 / 23.0, 0.04, -1.0 / 27.0


def sind(degrees: float) -> float:
    """Return the sine of an angle in degrees."""
    return sincosd(degrees)[0]


def cosd(degrees: float) -> float:
    """Return the cosine of an angle in degrees."""
    return sincosd(degrees)[1]


def sincosd(degrees: float) -> tuple[float, float]:
    """Return sine and cosine of an angle in degrees, of any size: it is reduced exactly.

    >>> sincosd(30.0)[0], sincosd(-90.0), sincosd(36000000180.0)
    (0.5, (-1.0, 0.0), (0.0, -1.0))
    """
    within = abs(degrees) % 360.0
    # Both this and what is left of it, at most 45 in size, are exact: they are whole multiples of
    # the last place of what they are taken from, and no larger.
    quarters = math.floor(within / 90.0 + 0.5)
    sine, cosine = _sine_and_cosine(within - 90.0 * quarters)
    quadrant = quarters % 4
    if quadrant == 1:
        sine, cosine = cosine, -sine
    elif quadrant == 2:  # noqa: PLR2004 - quadrants are counted
        sine, cosine = -sine, -cosine
    elif quadrant == 3:  # noqa: PLR2004 - quadrants are counted
        sine, cosine = -cosine, sine
    return (-sine if degrees < 0.0 else sine) + 0.0, cosine + 0.0  # + 0.0 makes -0.0 positive


def _sine_and_cosine(degrees: float) -> tuple[float, float]:
    """Return sine and cosine of an angle of at most 45 degrees."""
    t, low = _product(degrees, _RADIANS[0], _RADIANS[1])
    z, z_low = _square(t, low)
    odd = _S9 + z * (_S11 + z * (_S13 + z * (_S15 + z * _S17)))
    odd = _S3 + z * (_S5 + z * (_S7 + z * odd))
    even = _C10 + z * (_C12 + z * (_C14 + z * (_C16 + z * _C18)))
    even = _C4 + z * (_C6 + z * (_C8 + z * even))
    half = 0.5 * z
    rough = 1.0 - half
    cosine = rough + (((1.0 - rough) - half) + (z * z * even - 0.5 * z_low))
    return t + (low + t * (z * odd)), cosine


def atan2d(y: float, x: float) -> float:
    """Return the angle of the vector (x, y) from the x axis, in degrees, from -180 to 180.

    The vector of two zeros has the angle 0.0; the sign of a zero does not matter.

    >>> atan2d(1.0, 1.0), atan2d(-3.0, 0.0), atan2d(-0.0, -2.0)
    (45.0, -90.0, 180.0)
    """
    near, far = abs(x), abs(y)
    angle = _angle_below_45(far, near) if far <= near else 90.0 - _angle_below_45(near, far)
    if x < 0.0:
        angle = 180.0 - angle
    return (-angle if y < 0.0 else angle) + 0.0  # which makes -0.0 positive


def _angle_below_45(y: float, x: float) -> float:
    """Return the angle of (x, y) for 0 <= y <= x, in degrees."""
    if x == 0.0:
        return 0.0
    if x > _LARGE:
        x, y = x / _SCALE, y / _SCALE
    elif y < _SMALL and x < 1.0:
        x, y = x * _SCALE, y * _SCALE
    # atan(y/x) = atan(b) + atan((y/x - b)/(1 + b*y/x)) with b = 0, 1/2 or 1, so |t| <= 1/4.
    if 4.0 * y <= x:
        b, base, base_low = 0.0, 0.0, 0.0
    elif 4.0 * y < 3.0 * x:
        b, base, base_low = 0.5, _OF_ONE_HALF[0], _OF_ONE_HALF[1]
    else:
        b, base, base_low = 1.0, 45.0, 0.0
    below = x + b * y
    t, t_low = _quotient(y - b * x, below, (x - below) + b * y)
    z = t * t
    odd = _A15 + z * (_A17 + z * (_A19 + z * (_A21 + z * (_A23 + z * (_A25 + z * _A27)))))
    odd = _A3 + z * (_A5 + z * (_A7 + z * (_A9 + z * (_A11 + z * (_A13 + z * odd)))))
    high, low = _product(t, _DEGREES[0], _DEGREES[1])
    low = (low + _DEGREES[0] * t_low) + high * (z * odd)
    return base + (high + (low + base_low))


def _quotient(a: float, b: float, b_low: float) -> tuple[float, float]:
    """Return a/(b + b_low) as a sum of two numbers; see _SPLITTER."""
    quotient = a / b
    cut, cut_b = _SPLITTER * quotient, _SPLITTER * b
    front, front_b = cut - (cut - quotient), cut_b - (cut_b - b)
    back, back_b = quotient - front, b - front_b
    left = a - front * front_b
    left = ((left - front * back_b) - back * front_b) - back * back_b
    return quotient, (left - quotient * b_low) / b


def _product(a: float, high: float, low: float) -> tuple[float, float]:
    """Return a*(high + low) as a sum of two numbers, where high has 26 bits; see _SPLITTER."""
    cut = _SPLITTER * a
    front = cut - (cut - a)
    first = front * high  # exact
    rest = (a - front) * high + a * low
    product = first + rest
    return product, rest - (product - first)


def _square(a: float, a_low: float) -> tuple[float, float]:
    """Return (a + a_low)**2 as a sum of two numbers; see _SPLITTER."""
    cut = _SPLITTER * a
    front = cut - (cut - a)
    back = a - front
    square = a * a
    lost = ((front * front - square) + 2.0 * (front * back)) + back * back
    return square, lost + 2.0 * (a * a_low)


ANGLE_FUNCTIONS: Final = (atan2d, _angle_below_45, _quotient, _product)
"""`atan2d` and all functions of this module that it calls: what to compile of it."""
