"""The overview: minimum and maximum in bins, and samples of the path, at any level.

Guarantees: bins and samples are aligned to iteration 0, so a coarser one is made of whole finer
ones, and comes out with the same bits whether it was made at once or from finer ones: of equals
(0.0 and -0.0) the first stays, and nan stands for a bin without a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.kernel import FIELDS, SERIES
from sim.intervals import PATH_BITS, SERIES_BITS, kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.kernel import Floats

__all__ = ["Bins", "Path", "chained", "joined", "joined_path", "kept_bins", "kept_samples"]


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Consecutive bins of 2**level iterations.

    `series` float64[bins, M, 5, 2]: minimum and maximum of x, y (where steps end), and distance,
    specific energy, angular momentum (where they start); nan in a bin without a step.
    `clocks` float64[bins, M]: the agents' clocks at each bin's end.
    """

    level: int
    series: Floats
    clocks: Floats

    @classmethod
    def empty(cls, level: int, iterations: int, agents: int) -> Bins:
        """Return bins to be filled, for so many iterations; the last may be partial."""
        bins = -(-iterations >> level)
        return cls(level, np.full((bins, agents, SERIES, 2), np.nan), np.zeros((bins, agents)))

    def coarser(self, level: int) -> Bins:
        """Return the same at a coarser level; the bins start with a bin of that level."""
        series, clocks = self.series, self.clocks
        for _ in range(self.level, level):
            if len(series) % 2:
                series = np.concatenate([series, np.full_like(series[:1], np.nan)])
                clocks = np.concatenate([clocks, clocks[-1:]])
            series, clocks = _paired(series[0::2], series[1::2]), clocks[1::2]
        return Bins(max(self.level, level), series, clocks)


def _paired(first: Floats, second: Floats) -> Floats:
    """Return minimum and maximum over pairs of bins, the first of equals."""
    low, high = np.s_[..., 0], np.s_[..., 1]
    pairs = np.empty_like(first)
    gap = np.isnan(first[low])
    pairs[low] = np.where(gap | (second[low] < first[low]), second[low], first[low])
    pairs[high] = np.where(gap | (second[high] > first[high]), second[high], first[high])
    return pairs


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The agents' states after each 2**level iterations: float64[samples, M, 6]."""

    level: int
    states: Floats

    @classmethod
    def empty(cls, level: int, iterations: int, agents: int) -> Path:
        """Return a path to be filled, for so many iterations."""
        return cls(level, np.empty((iterations >> level, agents, FIELDS - 1)))

    def coarser(self, level: int) -> Path:
        """Return every so-manieth sample; the path starts with a whole sample of that level."""
        every = 1 << max(0, level - self.level)
        return Path(max(self.level, level), self.states[every - 1 :: every])


def kept_bins(first: int, count: int, agents: int) -> list[int]:
    """Return how many bins each complete interval keeps."""
    return [kept(interval, agents, SERIES_BITS) for interval in range(first, first + count)]


def kept_samples(first: int, count: int, agents: int) -> list[int]:
    """Return how many samples of the path each complete interval keeps."""
    return [kept(interval, agents, PATH_BITS) for interval in range(first, first + count)]


def joined(parts: Sequence[Bins], level: int) -> Bins:
    """Return consecutive bins as one at a level that is no finer than any of theirs.

    Each part starts with a bin of its own level and, but for the last, ends with a whole
    interval. Where a bin is longer than an interval, it is put together from the parts.
    """
    whole = max((part.level for part in parts), default=level)
    within = [part.coarser(min(level, whole)) for part in parts]
    return Bins(
        min(level, whole),
        np.concatenate([part.series for part in within]),
        np.concatenate([part.clocks for part in within]),
    ).coarser(level)


def chained(parts: Sequence[Bins]) -> tuple[Floats, Floats]:
    """Return series and clocks of consecutive bins, each as long as it is."""
    series = np.concatenate([part.series for part in parts])
    return series, np.concatenate([part.clocks for part in parts])


def joined_path(parts: Sequence[Path], level: int) -> Path:
    """Return consecutive pieces of the path as one, at a level no finer than any of theirs."""
    whole = max((part.level for part in parts), default=level)
    within = [part.coarser(min(level, whole)).states for part in parts]
    return Path(min(level, whole), np.concatenate(within)).coarser(level)
