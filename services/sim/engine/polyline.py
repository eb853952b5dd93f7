"""The paths of a window as polylines, built piece by piece while the window is computed again.

Guarantees: the corners of a polyline are records, and it is within half a pixel of every record in
the window. A path that needs too many corners has no polyline.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim import kernel
from sim.engine.diagnostics import empty_tally
from sim.engine.downsampling import concatenated
from sim.engine.figure_data import Line
from sim.engine.interval_pass import pass_interval
from sim.errors import Failure, PropagationFailed
from sim.intervals import PATH_BITS

if TYPE_CHECKING:
    from sim.engine.archive import Archive
    from sim.engine.checkpoint import Checkpoint
    from sim.engine.downsampling import Bins, Path
    from sim.engine.figure_data import Window
    from sim.kernel import Floats, Integers

__all__ = ["PolylineBuilder"]

_TOLERANCE_PIXELS: Final = 0.5  # half of what a window guarantees, for pages drawn larger
_MAX_CORNERS: Final = 2**PATH_BITS  # of a polyline; with more, single orbits are not visible
_MAX_CORNERS_OF_ALL: Final = 2**17  # of all agents: 3 MB


class PolylineBuilder:
    """Builds the polylines of a window's paths, piece by piece."""

    def __init__(self, archive: Archive, window: Window, *, every_record: bool) -> None:
        """Start without corners; `every_record` keeps all records that are not on a line."""
        self._trajectory = archive.trajectory
        self._window = window
        self._around = np.array(
            [
                -1 if window.frame == "inertial" else row
                for row in archive.trajectory.scenario.orbited_rows[: window.agents]
            ],
            np.int64,
        )
        self._tolerance = 0.0 if every_record else _tolerance(archive, window)
        self._scale = _scale(archive, window)
        self._most = min(_MAX_CORNERS, max(2, _MAX_CORNERS_OF_ALL // window.agents))
        self._points = np.empty((window.agents, self._most, 3))
        self._corners: list[list[Floats]] = [[] for _ in range(window.agents)]
        at_origin = [self._is_at_origin(a) for a in range(window.agents)]
        self._used = np.where(at_origin, self._most + 1, 0)  # no corners at the origin

    def add(
        self, start: Checkpoint, count: int, series_level: int, path_level: int
    ) -> tuple[Bins, Path]:
        """Add so many iterations from a checkpoint; return their series and path."""
        used = np.where(self._used > self._most, self._most + 1, 0)
        polylines = kernel.Polylines(
            t0=self._window.t0,
            t1=self._window.t1,
            around=self._around,
            tolerance=self._tolerance,
            scale=self._scale,
            points=self._points,
            used=used,
        )
        tally = empty_tally(len(self._trajectory.scenario.agents))
        passed = pass_interval(
            self._trajectory, start, count, series_level, path_level, tally, polylines
        )
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)
        self._take(used)
        return passed[1:]

    def _take(self, used: Integers) -> None:
        """Take the corners of a piece.

        Its first corner is the last one of the piece before.
        """
        self._used += used
        for a, corners in enumerate(self._corners):
            if self._used[a] <= self._most and used[a]:
                new = self._points[a, : used[a]].copy()
                if corners and corners[-1][-1, 0] == new[0, 0]:
                    corners[-1] = corners[-1][:-1]
                corners.append(new)

    def line(self, a: int) -> Line | None:
        """Return an agent's polyline, or None if it would have too many corners."""
        if self._is_at_origin(a):
            times = np.array([self._window.t0, self._window.t1])
            return Line("lines", times, np.zeros(2), np.zeros(2))
        if self._used[a] > self._most:
            return None
        t, x, y = np.concatenate([np.empty((0, 3)), *self._corners[a]]).T
        return Line("lines", t, x, y)

    def _is_at_origin(self, a: int) -> bool:
        """Return whether an agent is at the origin of the figure all the time."""
        return self._window.frame == "primary" and self._around[a] < 0


def _tolerance(archive: Archive, window: Window) -> float:
    """Return how far a record may be from its polyline: half a pixel, in units of x and y.

    The pixel is that of the smallest figure that can result, by the archived bins that lie inside
    the window. Where there is none, the tolerance is 0 and every record becomes a corner.
    """
    series, clocks = concatenated(archive.bins(window.intervals))
    begins = np.vstack([archive.clocks[window.intervals.start], clocks[:-1]])
    inside = (begins.min(axis=1) >= window.t0) & (clocks.max(axis=1) <= window.t1)
    series = series[inside, : window.agents]
    if not len(series):
        return 0.0
    low = np.fmin.reduce(series[..., 0], axis=(0, 1), initial=math.inf)
    high = np.fmax.reduce(series[..., 1], axis=(0, 1), initial=-math.inf)
    if window.frame == "primary":
        # Distances are measured from the agent at the origin, if that one is drawn.
        has_origin = None in archive.trajectory.scenario.orbited[: window.agents]
        r = archive.trajectory.scenario.model.dimensions  # the place of distances among the series
        size = (high[r] - (0.0 if has_origin else low[r])) / math.sqrt(2.0)
    else:
        with np.errstate(over="ignore"):  # a figure wider than the largest number
            size = max(high[0] - low[0], high[1] - low[1])
    return _TOLERANCE_PIXELS * float(size) / window.pixels if math.isfinite(size) else 0.0


def _scale(archive: Archive, window: Window) -> float:
    """Return a power of two that makes of distances in the window numbers of about 1.

    Their squares are then neither 0 nor infinite, however small or large the figure is.
    """
    series, _ = concatenated(archive.bins(window.intervals))
    shown: set[int | None] = set(range(window.agents))
    if window.frame == "primary":
        shown.update(archive.trajectory.scenario.primaries[: window.agents])
    series = series[:, [agent for agent in shown if agent is not None], :2]
    halves = 0.5 * np.array(
        [np.fmin.reduce(series[..., 0], axis=(0, 1)), np.fmax.reduce(series[..., 1], axis=(0, 1))]
    )
    size = float((halves[1] - halves[0]).max())
    if not 0.0 < size < math.inf:
        return 1.0
    exponent = math.frexp(size)[1]
    return math.ldexp(1.0, min(1_023, max(-1_022, -exponent)))  # the powers that keep all bits
