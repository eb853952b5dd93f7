"""Quantiles of sparse histograms: of what they count, and the members that stand for them.

Guarantees: quantile p of N members is the bin in which the cumulative count reaches ceil(p*N/100),
so it is that of numpy's method `inverted_cdf` to within a bin; its value is the bin's edge nearer
to zero (`sim.ensemble.binning.edges`). Of no members it is nan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.ensemble.binning import edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.ensemble.histograms import Histograms, LeastMembers
    from sim.kernel import Floats, Integers

__all__ = ["LEVELS", "NOTABLE", "notable_members", "quantiles_of"]

LEVELS: Final = (1, 5, 25, 50, 75, 95, 99)
"""The quantiles of what is measured at each time of the grid, in per cent."""
NOTABLE: Final = (5, 50, 95)
"""The quantiles of escape and closest approach, in per cent: a member stands for each."""


def quantiles_of(histograms: Histograms, centres: Floats, levels: Sequence[int] = LEVELS) -> Floats:
    """Return the quantiles of S histograms about their centres, float64[S]: float64[levels, S].

    nan where a histogram is empty, or its quantile is in the bin of nan.
    """
    at, is_there = _places(histograms.offsets, histograms.counts.astype(np.int64), levels)
    found = np.full(at.shape, np.nan)
    slices = np.broadcast_to(np.arange(centres.size), at.shape)[is_there]
    found[is_there] = edges(histograms.keys[at[is_there]], centres[slices])
    return found


def _places(
    offsets: Integers, counts: Integers, levels: Sequence[int]
) -> tuple[Integers, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Return where each slice's count reaches each level, and whether the slice counts anything."""
    reached = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    before = reached[offsets[:-1]]
    total = reached[offsets[1:]] - before
    ranks = -(-np.asarray(levels, np.int64)[:, np.newaxis] * total // 100)  # rounded up
    at = np.searchsorted(reached[1:], before + ranks, side="left")
    return at, np.broadcast_to(total > 0, at.shape)


def notable_members(
    histogram: LeastMembers, members: int, levels: Sequence[int] = NOTABLE
) -> list[tuple[float, int] | None]:
    """Return for each level the quantile of all `members`, and the member that stands for it.

    That is the least number in the quantile's bin. Those that the histogram does not count are
    above all that it counts; None where the quantile is one of them.
    """
    reached = np.cumsum(histogram.counts.astype(np.int64))
    found: list[tuple[float, int] | None] = []
    for level in levels:
        at = int(np.searchsorted(reached, -(-level * members // 100), side="left"))
        if at == reached.size:
            found.append(None)
        else:
            value = float(edges(histogram.keys[at : at + 1])[0])
            found.append((value, int(histogram.least[at])))
    return found
