"""Which iterations belong to which interval, bin and sample.

Guarantees:

- Everything here depends on iteration numbers and the number of agents alone, never on the
  work's division among tasks: bins, samples and intervals are aligned to iteration 0.
- All lengths are powers of two, so a coarser bin is always a whole number of finer ones, and
  an interval a whole number of its own bins.
- Levels grow with n: what a complete interval keeps is fine enough for every n containing it.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "INTERVAL_ITERATIONS",
    "PATH_BITS",
    "SERIES_BITS",
    "SERIES_KEPT",
    "STRETCH_INTERVALS",
    "coarsest_kept",
    "interval_iterations",
    "interval_level",
    "kept",
    "level",
]

INTERVAL_ITERATIONS: Final = 65_536
"""Iterations between two checkpoints for up to 8 agents: a slice of about a millisecond."""

STRETCH_INTERVALS: Final = 256
"""The most intervals that one task passes over: 2**24 iterations of two agents, 0.4 s."""

SERIES_BITS: Final = 11
"""Series have at most 2**11 bins: more than the pixels a page is wide."""

SERIES_KEPT: Final = 11
"""Series are kept in bins of 2**11 iterations at most, also where the whole asks for longer ones:
a window too wide to be passed over once more has a bin for each pixel all the same."""

PATH_BITS: Final = 14
"""The path has at most 2**14 samples per agent: what a browser draws without effort."""

_INTERVAL_RECORDS_BITS: Final = 19  # 8 agents x 65,536 iterations: at most so many records a slice


def interval_iterations(agents: int) -> int:
    """Return how many iterations lie between two checkpoints of a scenario of so many agents.

    >>> interval_iterations(2), interval_iterations(8), interval_iterations(9)
    (65536, 65536, 32768)
    """
    if agents < 1:
        raise ValueError("A scenario has at least one agent.")
    fitting = 2**_INTERVAL_RECORDS_BITS // agents
    return min(INTERVAL_ITERATIONS, 1 << (fitting.bit_length() - 1))


def level(n: int, bits: int) -> int:
    """Return the level at which n iterations fall into at most 2**bits bins of 2**level.

    >>> level(2048, SERIES_BITS), level(2049, SERIES_BITS), level(100_000_000, SERIES_BITS)
    (0, 1, 16)
    """
    return max(0, (n - 1).bit_length() - bits)


def interval_level(interval: int, agents: int, bits: int) -> int:
    """Return the level that a complete interval keeps: the finest any n with it can ask for.

    The smallest such n ends with the interval.

    >>> [interval_level(j, 2, SERIES_BITS) for j in (0, 1, 2, 1525)]
    [5, 6, 7, 11]
    """
    finest = level((interval + 1) * interval_iterations(agents), bits)
    return min(finest, coarsest_kept(agents, bits))


def coarsest_kept(agents: int, bits: int) -> int:
    """Return the coarsest level that is kept: every interval has at least one bin of its own.

    >>> coarsest_kept(2, SERIES_BITS), coarsest_kept(2, PATH_BITS)
    (11, 16)
    """
    whole = interval_iterations(agents).bit_length() - 1
    return min(whole, SERIES_KEPT) if bits == SERIES_BITS else whole


def kept(interval: int, agents: int, bits: int) -> int:
    """Return how many bins (or samples) a complete interval keeps: the most it is asked for."""
    return interval_iterations(agents) >> interval_level(interval, agents, bits)
