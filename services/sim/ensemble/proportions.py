"""Intervals at 95 % for proportions of members, and for the difference of two.

All work on whole arrays of counts, element by element; with no members everything is nan. Intervals
are pointwise: each holds for its own time, not for a curve as a whole.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
Journal of the American Statistical Association 22 (1927), 209-212; R. G. Newcombe, "Interval
estimation for the difference between independent proportions: comparison of eleven methods",
Statistics in Medicine 17 (1998), 873-890, method 10; R. G. Newcombe, "Improved confidence intervals
for the difference between binomial proportions based on paired data", Statistics in Medicine 17
(1998), 2635-2650, method 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sim.kernel import Floats

__all__ = ["Interval", "independent_difference", "paired_difference", "wilson"]

_Z: Final = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution: NIST/SEMATECH e-Handbook, 1.3.6.7.1"""


class Interval(NamedTuple):
    """An estimate, and the ends of its interval: float64 arrays of one shape."""

    estimate: Floats
    low: Floats
    high: Floats


def wilson(counts: ArrayLike, members: ArrayLike) -> Interval:
    """Return the proportions counts/members with Wilson's score interval."""
    k, n = _counts(counts), _counts(members)
    with np.errstate(all="ignore"):  # 0/0 is nan
        p = k / n
        centre = (p + _Z * _Z / (2.0 * n)) / (1.0 + _Z * _Z / n)
        half = _Z * np.sqrt(p * (1.0 - p) / n + _Z * _Z / (4.0 * (n * n))) / (1.0 + _Z * _Z / n)
        # Rounding must not move the ends that are 0 and 1.
        low = np.where(k == 0.0, p, np.maximum(0.0, centre - half))
        high = np.where(k == n, p, np.minimum(1.0, centre + half))
    return Interval(p, low, high)


def independent_difference(
    counts_a: ArrayLike, members_a: ArrayLike, counts_b: ArrayLike, members_b: ArrayLike
) -> Interval:
    """Return counts_a/members_a - counts_b/members_b with Newcombe's interval.

    The members of a and those of b have nothing to do with one another.
    """
    a, b = wilson(counts_a, members_a), wilson(counts_b, members_b)
    return _difference(a, b, np.zeros(()))


def paired_difference(
    both: ArrayLike, only_a: ArrayLike, only_b: ArrayLike, neither: ArrayLike
) -> Interval:
    """Return (both + only_a)/n - (both + only_b)/n with Newcombe's interval for pairs.

    n is the number of pairs. `both` counts those of which both have what is counted, `only_a` those
    of which only a has it, and so on: e, f, g and h in Newcombe's paper.
    """
    e, f, g, h = (_counts(counts) for counts in (both, only_a, only_b, neither))
    n = (e + f) + (g + h)
    return _difference(wilson(e + f, n), wilson(e + g, n), _correlation(e, f, g, h))


def _correlation(e: Floats, f: Floats, g: Floats, h: Floats) -> Floats:
    """Return Newcombe's phi: the correlation of pairs, corrected towards 0 where it is positive."""
    margins = ((e + f) * (g + h)) * ((e + g) * (f + h))
    product = e * h - f * g
    corrected = np.where(
        product > 0.0, np.maximum(product - ((e + f) + (g + h)) / 2.0, 0.0), product
    )
    with np.errstate(all="ignore"):  # 0/0 where a margin is 0
        return np.where(margins > 0.0, corrected / np.sqrt(margins), 0.0)


def _difference(a: Interval, b: Interval, phi: Floats) -> Interval:
    """Return a - b, from the distances of both to the ends of their own intervals."""
    estimate = a.estimate - b.estimate
    below = _combined(a.estimate - a.low, b.high - b.estimate, phi)
    above = _combined(a.high - a.estimate, b.estimate - b.low, phi)
    return Interval(estimate, np.maximum(estimate - below, -1.0), np.minimum(estimate + above, 1.0))


def _combined(one: Floats, other: Floats, phi: Floats) -> Floats:
    squared = (one * one - 2.0 * phi * (one * other)) + other * other
    combined: Floats = np.sqrt(np.maximum(squared, 0.0))
    return combined


def _counts(counts: ArrayLike) -> Floats:
    array: np.ndarray[Any, np.dtype[np.float64]] = np.asarray(counts, np.float64)
    return array
