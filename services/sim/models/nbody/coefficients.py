"""The coefficients of the integrators, as printed in their sources or derived from those exactly.

Guarantees: derived numbers come from exact fractions and are rounded once, so they have the same
bits everywhere.

The coefficients of `gauss-radau-15` are exact to some 80 bits, each the sum of two doubles: the
first has 26 bits, so that a product by it is nearly exact. What rounding makes of a coefficient is
wrong by the same in each step, so energy would drift in proportion to the time: with one double for
each it is lost ten times as fast.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb, frexp
from typing import Final, TypeAlias

__all__ = [
    "DIVISORS",
    "EXPANSION",
    "KAHAN_LI_8",
    "LEAPFROG",
    "NEWTON",
    "NODES",
    "PASCAL",
    "POSITION_AT_NODE",
    "POSITION_DIVISORS",
    "VELOCITY_DIVISORS",
    "Double",
    "drifts_of",
]

Double: TypeAlias = tuple[float, float]
"""A number as the sum of two."""
Table: TypeAlias = tuple[tuple[Double, ...], ...]

_HIGH_BITS: Final = 26  # of the first part

LEAPFROG: Final = (1.0,)
"""The weights of the leapfrogs of a step: one, of the whole step."""

# W. Kahan, R.-C. Li, "Composition constants for raising the orders of unconventional schemes for
# ordinary differential equations", Mathematics of Computation 66 (1997), 1089-1099; as printed in
# E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", V.3.2, equation (3.11).
_KAHAN_LI_HALF: Final = (
    0.13020248308889008087881763,
    0.56116298177510838456196441,
    -0.38947496264484728640807860,
    0.15884190655515560089621075,
    -0.39590389413323757733623154,
    0.18453964097831570709183254,
    0.25837438768632204729397911,
    0.29501172360931029887096624,
)
KAHAN_LI_8: Final = (*_KAHAN_LI_HALF, -0.60550853383003451169892108, *_KAHAN_LI_HALF[::-1])
"""The weights of the 17 leapfrogs of a step of order 8."""


def drifts_of(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Return how far positions move before each kick and after the last, in steps.

    >>> drifts_of(LEAPFROG)
    (0.5, 0.5)
    """
    between = (0.5 * (left + right) for left, right in pairwise(weights))
    return (0.5 * weights[0], *between, 0.5 * weights[-1])


# The nodes of Gauss-Radau quadrature with 8 nodes on [0, 1], the first at 0: E. Everhart, "An
# efficient integrator that uses Gauss-Radau spacings", IAU Colloquium 83 (1985), 185-202; with
# 30 digits, roots of the sum of the Legendre polynomials of degree 7 and 8.
NODES: Final = (
    0.0,
    0.0562625605369221464656521910318,
    0.180240691736892364987579942780,
    0.352624717113169637373907769648,
    0.547153626330555383001448554766,
    0.734210177215410531523210605558,
    0.885320946839095768090359771030,
    0.977520613561287501891174488626,
)
# All that follows is of these doubles, not of what they round: the forms below then are exact, and
# a node that is elsewhere by 1e-17 matters only to powers of s that are above the eighth.
_NODES: Final = tuple(map(Fraction, NODES))
_ORDERS: Final = range(len(_NODES) - 1)  # of the coefficients b and g: 0 to 6


def _expansion() -> list[list[Fraction]]:
    """Return of each product (s - h_1)...(s - h_k) the coefficients of 1, s, ..., s**6."""
    rows = [[Fraction(int(m == 0)) for m in _ORDERS]]
    for k in _ORDERS[1:]:
        last = rows[-1]
        rows.append([(last[m - 1] if m else 0) - _NODES[k] * last[m] for m in _ORDERS])
    return rows


def _newton() -> list[list[Fraction]]:
    """Return of each power s**k its coefficients as a sum of such products: the inverse."""
    rows = [[Fraction(int(m == 0)) for m in _ORDERS]]
    for _ in _ORDERS[1:]:
        last = rows[-1]
        rows.append([(last[m - 1] if m else 0) + _NODES[m + 1] * last[m] for m in _ORDERS])
    return rows


def _divisor(n: int, k: int) -> Fraction:
    """Return 1/((h_n - h_k)...(h_n - h_(n-1)))."""
    product = Fraction(1)
    for node in _NODES[k:n]:
        product *= _NODES[n] - node
    return 1 / product


def _double(number: Fraction) -> Double:
    unit = Fraction(2) ** (frexp(float(number))[1] - _HIGH_BITS)
    high = round(number / unit) * unit
    return float(high), float(number - high)


def _rounded(rows: list[list[Fraction]]) -> Table:
    return tuple(tuple(map(_double, row)) for row in rows)


# In a step, with s from 0 to 1, the acceleration is a polynomial in two forms:
# a0 + b_0*s + b_1*s**2 + ... + b_6*s**7
# a0 + g_0*s + g_1*s*(s - h_1) + ... + g_6*s*(s - h_1)...(s - h_6)
EXPANSION: Final = _rounded(_expansion())
"""b_m is the sum over k >= m of EXPANSION[k][m]*g_k."""
NEWTON: Final = _rounded(_newton())
"""g_m is the sum over k >= m of NEWTON[k][m]*b_k."""
DIVISORS: Final = _rounded([[_divisor(n, k) for k in range(n)] for n in range(len(_NODES))])
"""g_(n-1) is DIVISORS[n][0]*(a_n - a0) less the sum over k < n-1 of DIVISORS[n][k+1]*g_k."""
POSITION_AT_NODE: Final = _rounded(
    [[node ** (k + 1) / ((k + 2) * (k + 3)) for k in _ORDERS] for node in _NODES]
)
"""The weight of each b_k in the position at a node, where that of a0 is 1/2."""
POSITION_DIVISORS: Final = tuple(float((k + 2) * (k + 3)) for k in _ORDERS)
"""What each b_k is divided by in the position at the end of the step, where a0 is by 2.

Divided by a whole number, errors of rounding are without bias; multiplied by 1/3, which is rounded
itself, the energy drifts twice as fast.
"""
VELOCITY_DIVISORS: Final = tuple(float(k + 2) for k in _ORDERS)
"""The same for the velocity, where a0 is by 1."""
PASCAL: Final = tuple(tuple(float(comb(k + 1, m + 1)) for k in _ORDERS) for m in _ORDERS)
"""Of a next step as long as the last, b_m is the sum over k >= m of PASCAL[m][k]*b_k."""
