"""The downsampled trajectory: extremes in bins, and samples of the path, at any level.

Guarantees: bins and samples are aligned to iteration 0, so a coarser one consists of whole finer
ones. It has the same bits whether it was computed directly or from finer ones: of equal values
(0.0 and -0.0) the first is kept, and nan marks a bin without a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.intervals import PATH_BITS, SERIES_BITS, bins_per_interval
from sim.kernel import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = [
    "Bins",
    "Path",
    "bins_by_interval",
    "concatenated",
    "merged",
    "merged_path",
    "samples_by_interval",
]


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Consecutive bins of 2**level iterations.

    `series` float64[bins, M, 5 or 6, 2]: minimum and maximum of position (where steps end), and of
    distance, specific energy and angular momentum (where steps start); nan in a bin without a
    step. `clocks` float64[bins, M]: the agents' clocks at the end of each bin.
    """

    level: int
    series: Floats
    clocks: Floats

    @classmethod
    def empty(cls, level: int, iterations: int, scenario: Scenario) -> Bins:
        """Return bins to be filled, for so many iterations; the last may be partial."""
        bins, agents = -(-iterations >> level), len(scenario.agents)
        shape = (bins, agents, scenario.model.dimensions + ELEMENTS, 2)
        return cls(level, np.full(shape, np.nan), np.zeros((bins, agents)))

    def coarser(self, level: int) -> Bins:
        """Return these bins at a coarser level; the first must start a bin of that level."""
        series, clocks = self.series, self.clocks
        for _ in range(self.level, level):
            if len(series) % 2:
                series = np.concatenate([series, np.full_like(series[:1], np.nan)])
                clocks = np.concatenate([clocks, clocks[-1:]])
            series, clocks = _paired(series[0::2], series[1::2]), clocks[1::2]
        return Bins(max(self.level, level), series, clocks)


def _paired(first: Floats, second: Floats) -> Floats:
    """Return minimum and maximum over pairs of bins, the first of equal values."""
    low, high = np.s_[..., 0], np.s_[..., 1]
    pairs = np.empty_like(first)
    gap = np.isnan(first[low])
    pairs[low] = np.where(gap | (second[low] < first[low]), second[low], first[low])
    pairs[high] = np.where(gap | (second[high] > first[high]), second[high], first[high])
    return pairs


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The agents' states after every 2**level iterations.

    `states` float64[samples, M, 6 or 8]: time, and the model's columns.
    """

    level: int
    states: Floats

    @classmethod
    def empty(cls, level: int, iterations: int, scenario: Scenario) -> Path:
        """Return a path to be filled, for so many iterations."""
        columns = len(scenario.model.columns) - 1
        return cls(level, np.empty((iterations >> level, len(scenario.agents), columns)))

    def coarser(self, level: int) -> Path:
        """Return the samples of a coarser level; the first must start a sample of that level."""
        every = 1 << max(0, level - self.level)
        return Path(max(self.level, level), self.states[every - 1 :: every])


def bins_by_interval(first: int, count: int, length: int) -> list[int]:
    """Return how many bins are archived of each of `count` intervals of `length`."""
    return [
        bins_per_interval(interval, length, SERIES_BITS) for interval in range(first, first + count)
    ]


def samples_by_interval(first: int, count: int, length: int) -> list[int]:
    """Return how many samples of the path are archived of each of `count` intervals of `length`."""
    return [
        bins_per_interval(interval, length, PATH_BITS) for interval in range(first, first + count)
    ]


def merged(parts: Sequence[Bins], level: int) -> Bins:
    """Return consecutive bins as one, at a level that is no finer than that of any part.

    Each part starts with a bin of its own level and, except for the last, ends with an interval.
    A bin that is longer than an interval is merged from several parts.
    """
    coarsest = max((part.level for part in parts), default=level)
    aligned = [part.coarser(min(level, coarsest)) for part in parts]
    return Bins(
        min(level, coarsest),
        np.concatenate([part.series for part in aligned]),
        np.concatenate([part.clocks for part in aligned]),
    ).coarser(level)


def concatenated(parts: Sequence[Bins]) -> tuple[Floats, Floats]:
    """Return series and clocks of consecutive bins, each at its own level."""
    series = np.concatenate([part.series for part in parts])
    return series, np.concatenate([part.clocks for part in parts])


def merged_path(parts: Sequence[Path], level: int) -> Path:
    """Return consecutive parts of the path as one, at a level no finer than that of any part."""
    coarsest = max((part.level for part in parts), default=level)
    aligned = [part.coarser(min(level, coarsest)).states for part in parts]
    return Path(min(level, coarsest), np.concatenate(aligned)).coarser(level)
