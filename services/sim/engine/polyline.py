"""The paths of a window as lines, drawn while the window is passed over, piece after piece.

Guarantees: a line's corners are records, and it is within half a pixel of every record in the
window; or there are too many corners for a line, and then there is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.engine import kernel
from sim.engine.diagnostics import empty_tally
from sim.engine.downsampling import chained
from sim.engine.figure_data import Line
from sim.engine.stretch import pass_interval
from sim.errors import Failure, PropagationFailed
from sim.intervals import PATH_BITS

if TYPE_CHECKING:
    from sim.engine.archive import Archive
    from sim.engine.checkpoint import Checkpoint
    from sim.engine.downsampling import Bins, Path
    from sim.engine.figure_data import Window
    from sim.engine.kernel import Floats, Integers

__all__ = ["Lines"]

_TOLERANCE_PIXELS: Final = 0.5  # half of what is promised, for a page that is drawn larger
_MOST_CORNERS: Final = 2**PATH_BITS  # of a line; with more, single orbits can't be told apart
_CORNERS_OF_ALL: Final = 2**17  # 3 MB


class Lines:
    """The lines of a window's paths, drawn piece after piece."""

    def __init__(self, kept: Archive, window: Window, *, every_record: bool) -> None:
        """Have nothing drawn yet; `every_record` is to be a corner, where there are but few."""
        self._trajectory = kept.trajectory
        self._window = window
        self._around = np.array(
            [
                -1 if primary is None or window.frame == "inertial" else primary
                for primary in kept.trajectory.scenario.primaries[: window.agents]
            ],
            np.int64,
        )
        self._tolerance = 0.0 if every_record else _tolerance(kept, window)
        self._most = min(_MOST_CORNERS, max(2, _CORNERS_OF_ALL // window.agents))
        self._points = np.empty((window.agents, self._most, 3))
        self._corners: list[list[Floats]] = [[] for _ in range(window.agents)]
        central = [self._is_central(a) for a in range(window.agents)]
        self._used = np.where(central, self._most + 1, 0)  # nothing to draw

    def go_over(
        self, start: Checkpoint, count: int, series_level: int, path_level: int
    ) -> tuple[Bins, Path]:
        """Draw what is in so many iterations from a checkpoint; return series and path."""
        used = np.where(self._used > self._most, self._most + 1, 0)
        lines = kernel.Lines(
            t0=self._window.t0,
            t1=self._window.t1,
            around=self._around,
            tolerance=self._tolerance,
            points=self._points,
            used=used,
        )
        tally = empty_tally(len(self._trajectory.scenario.agents))
        passed = pass_interval(
            self._trajectory, start, count, series_level, path_level, tally, lines
        )
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)
        self._take(used)
        return passed[1:]

    def _take(self, used: Integers) -> None:
        """Take the corners of a piece; the first is the last of the one before, and nearer."""
        self._used += used
        for a, corners in enumerate(self._corners):
            if self._used[a] <= self._most and used[a]:
                new = self._points[a, : used[a]].copy()
                if corners and corners[-1][-1, 0] == new[0, 0]:
                    corners[-1] = corners[-1][:-1]
                corners.append(new)

    def line(self, a: int) -> Line | None:
        """Return an agent's path, or None if it has too many corners for a line."""
        if self._is_central(a):
            times = np.array([self._window.t0, self._window.t1])
            return Line("lines", times, np.zeros(2), np.zeros(2))
        if self._used[a] > self._most:
            return None
        t, x, y = np.concatenate([np.empty((0, 3)), *self._corners[a]]).T
        return Line("lines", t, x, y)

    def _is_central(self, a: int) -> bool:
        """Whether an agent is in the middle of the picture all the time."""
        return self._window.frame == "primary" and self._around[a] < 0


def _tolerance(kept: Archive, window: Window) -> float:
    """Return how far a record may be from its line: half a pixel of how large the picture is.

    That is at least what is known from kept bins that lie inside the window. Where none does,
    every record is a corner.
    """
    series, clocks = chained(kept.bins(window.intervals))
    begins = np.vstack([kept.clocks[window.intervals.start], clocks[:-1]])
    inside = (begins.min(axis=1) >= window.t0) & (clocks.max(axis=1) <= window.t1)
    series = series[inside, : window.agents]
    if not len(series):
        return 0.0
    low = np.fmin.reduce(series[..., 0], axis=(0, 1), initial=math.inf)
    high = np.fmax.reduce(series[..., 1], axis=(0, 1), initial=-math.inf)
    if window.frame == "primary":
        # The distances are those from who is in the middle, if that one is drawn.
        is_central = None in kept.trajectory.scenario.primaries[: window.agents]
        size = (high[2] - (0.0 if is_central else low[2])) / math.sqrt(2.0)
    else:
        size = max(high[0] - low[0], high[1] - low[1])
    return _TOLERANCE_PIXELS * float(size) / window.pixels if math.isfinite(size) else 0.0
