"""What a page draws: bins and lines as columns of numbers, by agent.

Guarantees: columns hold only finite numbers and null (a bin without a step, or a number that is
not finite), so every JSON parser reads them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.downsampling import Bins, Path
    from sim.engine.kernel import Floats
    from sim.scenario import Scenario

__all__ = [
    "SHOWN_AGENTS",
    "Frame",
    "Line",
    "Overview",
    "Window",
    "extent",
    "line_of",
    "overview_of",
]

Frame: TypeAlias = Literal["inertial", "primary"]
Mode: TypeAlias = Literal["lines", "markers"]

SHOWN_AGENTS: Final = 12  # more are not distinguishable in one figure, and their SVG is slow
_TIME, _X, _Y, _VX, _VY = 0, 2, 3, 4, 5  # columns of the path's states
_INERTIAL: Final = ("x", "y")
_ELEMENTS: Final = ("r", "e", "h")  # distance, specific energy, angular momentum


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window of time [t0, t1], the intervals that it overlaps, and how it is drawn.

    `agents` is the number of agents that are drawn: the first ones.
    """

    t0: float
    t1: float
    intervals: range
    pixels: int
    frame: Frame
    agents: int


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The path of an agent, float64[points] each: a line through all points, or only the points."""

    mode: Mode
    t: Floats
    x: Floats
    y: Floats

    def without(self, dropped: np.ndarray[Any, np.dtype[np.bool_]]) -> Line:
        """Return the line through the points whose entry in `dropped` is False."""
        return Line(self.mode, self.t[~dropped], self.x[~dropped], self.y[~dropped])

    def merged(self, other: Line) -> Line:
        """Return the line through both lines' points, in the order of time."""
        t = np.concatenate([self.t, other.t])
        order = np.argsort(t, kind="stable")
        x, y = np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y])
        return Line(self.mode, t[order], x[order], y[order])


@dataclass(frozen=True, slots=True)
class Overview:
    """The figure of a window of a propagation, with series at one level."""

    window: tuple[float, float]
    frame: Frame
    level: int
    agents: tuple[dict[str, object], ...]

    @property
    def exact(self) -> bool:
        """Whether each bin is one iteration, so that minimum and maximum are the value."""
        return self.level == 0

    def to_json(self) -> dict[str, object]:
        """Return it as the API answers it."""
        return {
            "window": {"t0": self.window[0], "t1": self.window[1]},
            "frame": self.frame,
            "level": self.level,
            "exact": self.exact,
            "agents": list(self.agents),
        }


def overview_of(scenario: Scenario, window: Window, bins: Bins, lines: Sequence[Line]) -> Overview:
    """Return the figure of consecutive bins and of the paths of the first agents."""
    agents: tuple[dict[str, object], ...] = tuple(
        {
            "name": scenario.names[a],
            "primary": None if primary is None else scenario.names[primary],
            "path": {
                "mode": line.mode,
                "t": _column(line.t),
                "x": _column(line.x),
                "y": _column(line.y),
            },
            "series": _series(bins, a, has_primary=primary is not None),
        }
        for a, (primary, line) in enumerate(zip(scenario.primaries, lines, strict=False))
    )
    return Overview((window.t0, window.t1), window.frame, bins.level, agents)


def _series(bins: Bins, a: int, *, has_primary: bool) -> dict[str, object]:
    drawn = (*_INERTIAL, *_ELEMENTS) if has_primary else _INERTIAL
    series: dict[str, object] = {"t": _column(bins.clocks[:, a])}
    for quantity, name in enumerate(drawn):
        low, high = bins.series[:, a, quantity].T
        series[name] = {"min": _column(low), "max": _column(high)}
    return series


def line_of(scenario: Scenario, path: Path, a: int, frame: Frame) -> Line:
    """Return an agent's samples as a line; an agent without primary is the origin of its frame."""
    own, primary = path.states[:, a], scenario.primaries[a]
    t, x, y = own[:, _TIME], own[:, _X], own[:, _Y]
    if frame == "primary":
        x, y = np.zeros_like(x), np.zeros_like(y)
        if primary is not None:
            # The clocks of the two differ by up to a step, which would show as jitter.
            other = path.states[:, primary]
            behind = t - other[:, _TIME]
            x = own[:, _X] - (other[:, _X] + other[:, _VX] * behind)
            y = own[:, _Y] - (other[:, _Y] + other[:, _VY] * behind)
    return Line("lines", t, x, y)


def extent(lines: Sequence[Line]) -> float:
    """Return the width or the height of the lines' bounding box, whichever is greater."""
    return max(
        float(np.ptp(np.concatenate(columns)))
        for columns in ([line.x for line in lines], [line.y for line in lines])
    )


def _column(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float | None]:
    if np.isfinite(values).all():
        numbers: list[float | None] = values.tolist()
        return numbers
    return [value if math.isfinite(value) else None for value in values.tolist()]
