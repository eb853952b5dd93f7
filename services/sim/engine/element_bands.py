"""Ranges of semi-major axis and eccentricity, from those of specific energy and angular momentum.

Guarantees, for ranges that hold every step of a bin:

- The semi-major axis grows with the energy on either side of 0, so its range is the true one. Where
  a bin has energies on both sides it has no range: nan.
- The range of the eccentricity holds that of every step, and may be wider, since the extremes of
  energy and angular momentum need not meet. Where minimum and maximum agree, so do these.

Formulas and their source are those of `sim.engine.diagnostics.orbit_of`, and so are the bits.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.kernel import Floats

__all__ = ["axis_ranges", "eccentricity_ranges"]

_ANY = {"divide": "ignore", "over": "ignore", "under": "ignore", "invalid": "ignore"}


def axis_ranges(energy: Floats, mu: float) -> Floats:
    """Return float64[n, 2], the range of the semi-major axis, below 0 where the orbit is open."""
    with np.errstate(**_ANY):  # type: ignore[arg-type]  # a mapping of literals
        ranges = -mu / (2.0 * energy)
    low, high = energy.T
    is_defined = (low > 0.0) | (high < 0.0)
    return np.where(is_defined[:, np.newaxis] & np.isfinite(ranges), ranges, np.nan)


def eccentricity_ranges(energy: Floats, momentum: Floats, mu: float) -> Floats:
    """Return float64[n, 2], a range that holds the eccentricity at each step of a bin."""
    size = np.abs(momentum)
    least = np.where((momentum[:, 0] <= 0.0) & (momentum[:, 1] >= 0.0), 0.0, size.min(axis=1))
    most = size.max(axis=1)
    low, high = energy.T
    # 2 e h**2 is least where e is: at the largest h below 0, at the smallest above.
    squared = np.stack(
        [
            _squared(low, np.where(low < 0.0, most, least), mu),
            _squared(high, np.where(high < 0.0, least, most), mu),
        ],
        axis=1,
    )
    ranges = np.sqrt(np.maximum(squared, 0.0))
    return np.where(np.isfinite(ranges), ranges, np.nan)


def _squared(energy: Floats, momentum: Floats, mu: float) -> Floats:
    """Return the square of the eccentricity, as `orbit_of` rounds it."""
    square = mu * mu
    with np.errstate(**_ANY):  # type: ignore[arg-type]  # a mapping of literals
        product = 2.0 * energy * momentum * momentum
        scaled = 2.0 * energy * (momentum / mu) * (momentum / mu)
        if not sys.float_info.min <= square < np.inf:
            return 1.0 + scaled
        return np.where(np.isfinite(product), 1.0 + product / square, 1.0 + scaled)
