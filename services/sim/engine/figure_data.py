"""The data of a figure: bins and lines turned into columns of numbers, agent by agent.

Guarantees:

- Columns are those of `sim.engine.columns`.
- `OverviewDocument` declares the JSON form. The HTTP interface derives its schema from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypeAlias

import numpy as np
from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from sim.engine.columns import Band, Column, Span, band_of, closed, column_of
from sim.engine.diagnostics import QUANTITIES
from sim.engine.osculation import barycentre_without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.downsampling import Bins, Path
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = [
    "SHOWN_AGENTS",
    "AgentFigure",
    "Frame",
    "Line",
    "Overview",
    "OverviewDocument",
    "Window",
    "line_of",
    "overview_of",
    "pixel_of",
]

Frame: TypeAlias = Literal["inertial", "primary"]
Mode: TypeAlias = Literal["lines", "markers"]

SHOWN_AGENTS: Final = 12  # more are not distinguishable in one figure, and their SVG is slow
_TIME, _X, _Y = 0, 2, 3  # columns of the path's states; the velocities follow the positions


@closed
class PathColumns(TypedDict):
    """The path of an agent, projected to the x-y plane."""

    mode: Mode
    """Whether the points are joined: the line through them is true to the path, or it is not."""
    t: Column
    """The time of each point."""
    x: Column
    """The x of each point."""
    y: Column
    """The y of each point."""


@closed
class SeriesColumns(TypedDict):
    """The quantities of an agent over time; r, e and h only of an agent with a primary."""

    t: Column
    """The time at the end of each bin."""
    x: Band
    """Position."""
    y: Band
    """Position."""
    z: NotRequired[Band]
    """Position, in space."""
    r: NotRequired[Band]
    """Distance from the primary."""
    e: NotRequired[Band]
    """Specific energy relative to the primary."""
    h: NotRequired[Band]
    """Specific angular momentum relative to the primary."""


@closed
class AgentFigure(TypedDict):
    """The figure of one agent."""

    name: str
    """The agent."""
    primary: str | None
    """The agent that it orbits, or `barycentre`; null for one without a primary."""
    path: PathColumns
    """Its path, projected to the x-y plane."""
    series: SeriesColumns
    """Its quantities over time."""


@closed
class OverviewDocument(TypedDict):
    """What a figure shows of a window. Null in an array is a gap."""

    window: Span
    """The window."""
    frame: Frame
    """The frame of reference of the paths."""
    level: int
    """A bin is 2**level iterations."""
    exact: bool
    """Whether a bin holds at most one step, so that its minimum and maximum agree."""
    agents: list[AgentFigure]
    """The agents that are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time `[t0, t1]`, the intervals that it overlaps, and how it is drawn.

    `pixels` is the width of the figure. The first `agents` agents are drawn.
    """

    t0: float
    t1: float
    intervals: range
    pixels: int
    frame: Frame
    agents: int


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The path of an agent, float64[points] each: a line through all points, or points alone."""

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
    """A window of a propagation as a figure shows it: `level` is log2 of iterations a bin."""

    window: tuple[float, float]
    frame: Frame
    level: int
    agents: tuple[AgentFigure, ...] = field(repr=False)  # columns of a thousand numbers

    @property
    def exact(self) -> bool:
        """Whether each bin is one iteration, so that minimum and maximum are the value."""
        return self.level == 0

    def to_json(self) -> OverviewDocument:
        """Return the document that the API sends."""
        return {
            "window": {"t0": self.window[0], "t1": self.window[1]},
            "frame": self.frame,
            "level": self.level,
            "exact": self.exact,
            "agents": list(self.agents),
        }


def overview_of(scenario: Scenario, window: Window, bins: Bins, lines: Sequence[Line]) -> Overview:
    """Return the figure of consecutive bins, and of the paths of the first agents."""
    agents = tuple(
        AgentFigure(
            name=scenario.names[a],
            primary=primary,
            path={
                "mode": line.mode,
                "t": column_of(line.t),
                "x": column_of(line.x),
                "y": column_of(line.y),
            },
            series=_series(bins, a, has_primary=primary is not None),
        )
        for a, (primary, line) in enumerate(zip(scenario.orbited, lines, strict=False))
    )
    return Overview((window.t0, window.t1), window.frame, bins.level, agents)


def _series(bins: Bins, a: int, *, has_primary: bool) -> SeriesColumns:
    axes = "xyz"[: bins.series.shape[2] - len(QUANTITIES)]
    names = (*axes, *QUANTITIES) if has_primary else axes
    bands: dict[str, Any] = {}
    for quantity, name in enumerate(names):
        bands[name] = band_of(bins.series[:, a, quantity])
    return {"t": column_of(bins.clocks[:, a]), **bands}  # type: ignore[typeddict-item]  # by name


def line_of(scenario: Scenario, path: Path, a: int, frame: Frame) -> Line:
    """Return an agent's samples as a line.

    In the frame of the primary, an agent without one rests at the origin.
    """
    own = path.states[:, a]
    t, x, y = own[:, _TIME], own[:, _X], own[:, _Y]
    if frame == "primary":
        other = _orbited(scenario, path, a)
        if other is None:
            return Line("lines", t, np.zeros_like(x), np.zeros_like(y))
        # Their clocks may differ by up to a step, which would show as jitter.
        behind, axes = t - other[:, _TIME], scenario.model.dimensions
        x = own[:, _X] - (other[:, _X] + other[:, _X + axes] * behind)
        y = own[:, _Y] - (other[:, _Y] + other[:, _Y + axes] * behind)
    return Line("lines", t, x, y)


def _orbited(scenario: Scenario, path: Path, a: int) -> Floats | None:
    """Return the states of what an agent orbits, at the samples; None without a primary."""
    primary = scenario.primaries[a]
    if primary is not None:
        return path.states[:, primary]
    if a not in scenario.barycentric:
        return None
    # All step together, so the clocks are the agent's own, to the last bit.
    about = barycentre_without(a, path.states[..., _X:], [agent.mu for agent in scenario.agents])
    return np.concatenate([path.states[:, a, :_X], about], axis=1)


def pixel_of(lines: Sequence[Line], pixels: int) -> float:
    """Return the size of a pixel of a figure that all lines fill, in width or in height.

    It is finite also if the width is not: coordinates may be 1.7e308 on either side.
    """
    sizes = []
    for columns in ([line.x for line in lines], [line.y for line in lines]):
        column = np.concatenate(columns)
        sizes.append(float(column.max() / pixels - column.min() / pixels))
    return max(sizes)
