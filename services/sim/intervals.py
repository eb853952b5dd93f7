"""Which iterations belong to which interval, bin and sample.

Guarantees:

- Everything here depends only on iteration numbers and an interval's length, never on how the work
  is divided into tasks: bins, samples and intervals are aligned to iteration 0.
- All lengths are powers of two, so a coarser bin is a whole number of finer ones, and an interval
  is a whole number of its own bins.
- Levels grow with n: what is archived of a complete interval is fine enough for every propagation
  that contains it.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "INTERVAL_ITERATIONS",
    "MAX_SERIES_LEVEL",
    "PATH_BITS",
    "SERIES_BITS",
    "STRETCH_INTERVALS",
    "bins_per_interval",
    "coarsest_level",
    "interval_level",
    "level",
]

INTERVAL_ITERATIONS: Final = 65_536
"""The most iterations between two checkpoints: of two agents, a slice takes a millisecond."""

STRETCH_INTERVALS: Final = 256
"""The most intervals in one task of the chain: 2**24 iterations of two agents, 0.4 s."""

SERIES_BITS: Final = 11
"""Series have at most 2**11 bins: more than a page has pixels across."""

MAX_SERIES_LEVEL: Final = 11
"""Series are archived in bins of at most 2**11 iterations, also where the overview needs longer
ones: a window that is too wide to be propagated again still has a bin for each pixel."""

PATH_BITS: Final = 14
"""The path has at most 2**14 samples per agent: a browser draws that many without effort."""


def level(n: int, bits: int) -> int:
    """Return the finest level at which n iterations have at most 2**bits bins of 2**level.

    >>> level(2048, SERIES_BITS), level(2049, SERIES_BITS), level(100_000_000, SERIES_BITS)
    (0, 1, 16)
    """
    return max(0, (n - 1).bit_length() - bits)


def interval_level(interval: int, length: int, bits: int) -> int:
    """Return the level at which a complete interval of `length` iterations is archived.

    It is the finest that any propagation with this interval needs; the shortest such propagation
    ends with the interval.

    >>> [interval_level(j, 65_536, SERIES_BITS) for j in (0, 1, 2, 1525)]
    [5, 6, 7, 11]
    """
    return min(level((interval + 1) * length, bits), coarsest_level(length, bits))


def coarsest_level(length: int, bits: int) -> int:
    """Return the coarsest level in the archive: every interval has at least one bin of its own.

    >>> coarsest_level(65_536, SERIES_BITS), coarsest_level(65_536, PATH_BITS)
    (11, 16)
    """
    length_log2 = length.bit_length() - 1
    return min(length_log2, MAX_SERIES_LEVEL) if bits == SERIES_BITS else length_log2


def bins_per_interval(interval: int, length: int, bits: int) -> int:
    """Return how many bins (or samples) are archived of a complete interval."""
    return length >> interval_level(interval, length, bits)
