"""Whether a line through samples of a path is true to it, told from the bins that were kept.

Guarantees: where this says so, no record between two samples is farther from the line than asked.

A path between two samples that are T apart leaves the straight line between them by at most
a * T**2 / 8, if a is the greatest acceleration on the way; and by no more than the size of the
box that it is in. The latter is known from the bins between, and the former where all that
attracts an agent is its primary, or has it for a primary: of other pairs no distance is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.downsampling import chained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.downsampling import Bins, Path
    from sim.engine.figure_data import Frame
    from sim.engine.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["deviations"]

_X, _Y, _R = 0, 1, 2  # of the series
_LOW, _HIGH = 0, 1


def deviations(
    scenario: Scenario, path: Path, bins: Sequence[Bins], agents: int, frame: Frame
) -> list[Floats]:
    """Return how far the first agents' paths are from the lines between two samples, at the most.

    For each agent float64[samples - 1].
    """
    if len(path.states) < 2:  # noqa: PLR2004 - one sample has no way to the next
        return [np.empty(0)] * agents
    series, clocks = chained(bins)
    found: list[Floats] = []
    for a in range(agents):
        times = path.states[:, a, 0]
        between = _Between(clocks[:, a], times)
        size = _size(series[:, a], between, frame)
        primary = scenario.primaries[a]
        # Around the primary it is moved by what moves either of them.
        moved = [a] if frame == "inertial" or primary is None else [a, primary]
        acceleration = sum(_acceleration(scenario, series, between, b) for b in moved)
        with np.errstate(invalid="ignore"):  # not known, and no time passes: the size decides
            pulled = acceleration * np.diff(times) ** 2 / 8.0
        found.append(np.fmin(size, pulled))
    return found


class _Between:
    """Reduces the bins between each two samples."""

    def __init__(self, clocks: Floats, times: Floats) -> None:
        last = len(clocks) - 1
        first = np.minimum(np.searchsorted(clocks, times[:-1], side="right"), last)
        stop = np.minimum(np.searchsorted(clocks, times[1:], side="left"), last) + 1
        self._at = np.stack([first, stop], axis=1).ravel()

    def least(self, values: Floats) -> Floats:
        """Return the least value between two samples, nan where there is none."""
        return self._reduced(np.fmin, values)

    def greatest(self, values: Floats) -> Floats:
        """Return the greatest likewise."""
        return self._reduced(np.fmax, values)

    def _reduced(self, ufunc: np.ufunc, values: Floats) -> Floats:
        reduced: Floats = ufunc.reduceat(np.append(values, np.nan), self._at)[::2]
        return reduced


def _size(series: Floats, between: _Between, frame: Frame) -> Floats:
    """Return the size of the box that the path is in between two samples."""
    if frame == "primary":
        return 2.0 * between.greatest(series[:, _R, _HIGH])
    width, height = (
        between.greatest(series[:, axis, _HIGH]) - between.least(series[:, axis, _LOW])
        for axis in (_X, _Y)
    )
    return np.hypot(width, height)


def _acceleration(scenario: Scenario, series: Floats, between: _Between, a: int) -> Floats:
    """Return the greatest acceleration between two samples; infinite where it isn't known."""
    total = np.zeros(1)
    for b in scenario.massive:
        if b == a:
            continue
        seen_from = [c for c, other in ((a, b), (b, a)) if scenario.primaries[c] == other]
        if not seen_from:
            return np.full(1, np.inf)
        least: Floats = np.fmin.reduce([between.least(series[:, c, _R, _LOW]) for c in seen_from])
        with np.errstate(divide="ignore"):
            total = total + abs(scenario.agents[b].mu) / least**2
    return total
