"""The grid of an ensemble: after which iterations its members are measured, and spans of time.

Guarantees: everything depends on the number of iterations n alone. The grid of more iterations has,
up to n, no time that the grid of n has not, and its spans are whole numbers of n's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.intervals import level

if TYPE_CHECKING:
    from sim.kernel import Integers

__all__ = [
    "GRID_BITS",
    "MAX_GRID",
    "MAX_SPANS",
    "SPAN_BITS",
    "grid_iterations",
    "grid_level",
    "span_level",
    "spans",
]

GRID_BITS: Final = 8
"""Between the first and the last, the grid has at most 2**8 times."""
MAX_GRID: Final = 2**GRID_BITS + 1
"""The most times of a grid."""
SPAN_BITS: Final = 3
MAX_SPANS: Final = 2**SPAN_BITS
"""The most spans of time for which positions are counted."""


def grid_level(steps: int) -> int:
    """Return the level of the grid: its times are multiples of 2**level, and the last.

    >>> grid_level(256), grid_level(257), grid_level(100_000)
    (0, 1, 9)
    """
    return level(steps, GRID_BITS)


def grid_iterations(steps: int) -> Integers:
    """Return the iterations of the grid of so many steps, int64[G].

    >>> grid_iterations(3).tolist(), grid_iterations(100_000)[[0, 1, -2, -1]].tolist()
    ([0, 1, 2, 3], [0, 512, 99840, 100000])
    """
    return np.array([*range(0, steps, 1 << grid_level(steps)), steps], np.int64)


def span_level(steps: int) -> int:
    """Return the level of the spans: iterations k with equal (k - 1) >> level are in the same."""
    return level(steps, SPAN_BITS)


def spans(steps: int) -> list[tuple[int, int]]:
    """Return the first and the last iteration of each span of so many steps.

    >>> spans(20)
    [(1, 4), (5, 8), (9, 12), (13, 16), (17, 20)]
    """
    length = 1 << span_level(steps)
    return [(first, min(first + length - 1, steps)) for first in range(1, steps + 1, length)]
