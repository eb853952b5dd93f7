"""Bounds on how far a path leaves the straight lines between its samples, from archived bins.

Guarantees: no record between two samples that are T apart is farther from the line between them
than (1 + h/T) times the bound, if no step is longer than h.

Between two samples, a path leaves the straight line by at most a * T**2 / 8, where a is the
greatest acceleration on the way: the error of linear interpolation, max|f''| * h**2 / 8
(P. J. Davis, "Interpolation and Approximation", Dover 1975, section 3.1). Discrete steps instead of
a continuous acceleration add a fraction of at most h/T: the velocity increments form a left Riemann
sum. A path also never leaves the bounding box of its records.

The bins between the samples give the box. They give the acceleration if everything that attracts
an agent is its primary, or has the agent as primary: the archive has no other distances.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.engine.downsampling import concatenated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.downsampling import Bins, Path
    from sim.engine.figure_data import Frame
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["deviation_bounds"]

_DISTANCE: Final = -3  # the place of r among the series: e and h follow it
_LOW, _HIGH = 0, 1
_LOST: Final = 2.0**-510  # shorter distances have squares that are subnormal, or 0


def deviation_bounds(
    scenario: Scenario, path: Path, bins: Sequence[Bins], agents: int, frame: Frame
) -> list[Floats]:
    """Return upper bounds on the distance of the first agents' records from their sampled paths.

    For each agent float64[samples - 1], in units of x and y: one bound for each line between two
    samples.
    """
    if len(path.states) < 2:  # noqa: PLR2004 - one sample has no line to the next
        return [np.empty(0)] * agents
    series, clocks = concatenated(bins)
    bounds: list[Floats] = []
    for a in range(agents):
        times = path.states[:, a, 0]
        between = _Between(clocks[:, a], times)
        box = _box_size(series[:, a], between, frame, scenario.model.dimensions)
        primary = scenario.primaries[a]
        # Relative to the primary, an agent also moves as the primary accelerates.
        moving = [a] if frame == "inertial" or primary is None else [a, primary]
        acceleration = sum(_greatest_acceleration(scenario, series, between, b) for b in moving)
        if frame == "primary" and a in scenario.barycentric:
            acceleration = np.full(1, np.inf)  # the archive does not have the barycentre's
        # inf * 0: acceleration unknown, no time. The square of 1e155 is infinite. The box decides.
        with np.errstate(invalid="ignore", over="ignore"):
            interpolation = acceleration * np.diff(times) ** 2 / 8.0
        bounds.append(np.fmin(box, interpolation))
    return bounds


class _Between:
    """Reduces the bins between every two consecutive samples."""

    def __init__(self, clocks: Floats, times: Floats) -> None:
        last = len(clocks) - 1
        first = np.minimum(np.searchsorted(clocks, times[:-1], side="right"), last)
        stop = np.minimum(np.searchsorted(clocks, times[1:], side="left"), last) + 1
        self._bounds = np.stack([first, stop], axis=1).ravel()

    def minimum(self, values: Floats) -> Floats:
        """Return the least value between two samples, nan where there is none."""
        return self._reduced(np.fmin, values)

    def maximum(self, values: Floats) -> Floats:
        """Return the greatest value between two samples, nan where there is none."""
        return self._reduced(np.fmax, values)

    def _reduced(self, ufunc: np.ufunc, values: Floats) -> Floats:
        reduced: Floats = ufunc.reduceat(np.append(values, np.nan), self._bounds)[::2]
        return reduced


def _box_size(series: Floats, between: _Between, frame: Frame, axes: int) -> Floats:
    """Return the diagonal of the box that holds the path between two samples."""
    with np.errstate(over="ignore"):  # a box wider than the largest number
        if frame == "primary":
            return 2.0 * (between.maximum(series[:, _DISTANCE, _HIGH]) + _LOST)
        sides = [
            between.maximum(series[:, axis, _HIGH]) - between.minimum(series[:, axis, _LOW])
            for axis in range(axes)
        ]
        diagonal: Floats = functools.reduce(np.hypot, sides)
        return diagonal


def _greatest_acceleration(scenario: Scenario, series: Floats, between: _Between, a: int) -> Floats:
    """Return a bound on the acceleration between two samples; infinite where it is unknown."""
    total = np.zeros(1)
    for b in scenario.massive:
        if b == a:
            continue
        with_distance = [c for c, other in ((a, b), (b, a)) if scenario.primaries[c] == other]
        if not with_distance:
            return np.full(1, np.inf)
        nearest: Floats = np.fmin.reduce(
            [between.minimum(series[:, c, _DISTANCE, _LOW]) for c in with_distance]
        )
        with np.errstate(divide="ignore", over="ignore"):
            total = total + abs(scenario.agents[b].mu) / nearest**2
    return total
