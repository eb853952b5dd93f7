"""The data of charts over time: the ranges of each quantity of chosen agents, bin by bin.

Guarantees:

- Columns are those of `sim.engine.columns`. Position is where steps end, at `t1` of a bin; the
  quantities of an orbit are where they start, at `t0`.
- `SeriesDocument` declares the JSON form. The HTTP interface derives its schema from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NotRequired

import numpy as np
from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from sim.engine.columns import Band, Column, Span, band_of, closed, column_of
from sim.engine.diagnostics import QUANTITIES
from sim.engine.element_bands import axis_ranges, eccentricity_ranges
from sim.engine.figure_data import SHOWN_AGENTS
from sim.engine.last_state import LastState  # noqa: TC001  # pydantic reads it
from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.downsampling import Bins
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = [
    "SERIES",
    "AgentSeries",
    "BoundPhase",
    "Run",
    "SeriesDocument",
    "agent_series",
    "charted",
    "chosen",
]

SERIES: Final = ("x", "y", "z", *QUANTITIES, "a", "ecc")
"""The names of all quantities."""


@closed
class AgentSeries(TypedDict):
    """The quantities of one agent over time; those of an orbit only of an agent with a primary."""

    name: str
    """The agent."""
    primary: str | None
    """The agent that it orbits, or `barycentre`; null for one without a primary."""
    gravity: float
    """The gravitational parameter of its orbit; 0 without a primary."""
    t0: Column
    """The agent's time at the start of each bin."""
    t1: Column
    """The agent's time at the end of each bin."""
    start: Column
    """The agent's position at the start of the first bin."""
    last: LastState
    """The agent after the last step of the propagation, whatever the window is."""
    x: NotRequired[Band]
    """Position."""
    y: NotRequired[Band]
    """Position."""
    z: NotRequired[Band]
    """Position, in space."""
    r: NotRequired[Band]
    """Distance from the primary."""
    e: NotRequired[Band]
    """Specific energy relative to the primary."""
    h: NotRequired[Band]
    """Specific angular momentum relative to the primary."""
    a: NotRequired[Band]
    """Semi-major axis, below 0 where the orbit is open; null in a bin in which it is both."""
    ecc: NotRequired[Band]
    """Eccentricity: a range that holds that of each step, from the ranges of e and h."""


@closed
class BoundPhase(TypedDict):
    """When the last agent with a primary has left it."""

    until: float
    """The agent's time."""
    step: int
    """The number of steps before that."""


@closed
class StepRange(TypedDict):
    """The steps that the bins in the window hold."""

    first: int
    """The number of steps before them."""
    last: int
    """The number of steps after them."""


@closed
class SeriesDocument(TypedDict):
    """What charts show of a window, with one bin more on either side. Null in an array is a gap."""

    window: Span
    """The window."""
    end: float
    """The time at the end of the propagation."""
    steps: StepRange
    """The steps in the window."""
    first: int
    """The number of steps before the first bin, which may begin before the window."""
    level: int
    """A bin is 2**level steps."""
    exact: bool
    """Whether a bin holds at most one step, so that its minimum and maximum agree."""
    bound: BoundPhase | None
    """When the last agent leaves its primary for good; null where one has not, or has none."""
    agents: list[AgentSeries]
    """The agents that were asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Consecutive bins of chosen agents, from iteration `first` on.

    `start` float64[agents]: their clocks there; `position` float64[agents, 2 or 3]: where they are.
    """

    first: int
    start: Floats
    position: Floats
    bins: Bins

    @property
    def begins(self) -> list[Floats]:
        """The clocks at the start of each bin."""
        return [self.start, *self.bins.clocks[:-1]]

    def part(self, start: int, stop: int) -> Run:
        """Return the bins from `start` up to `stop`."""
        bins, cut = self.bins, slice(start, stop)
        part = type(bins)(bins.level, bins.series[cut], bins.clocks[cut])
        if start == 0:
            return Run(self.first, self.start, self.position, part)
        # In a bin of several steps it is known where they end only to its range.
        before, axes = bins.series[:start, :, : self.position.shape[1]], self.position
        position = np.full_like(axes, np.nan) if bins.level else _newest(before, self.position)
        return Run(self.first + (start << bins.level), bins.clocks[start - 1], position, part)

    def coarser(self, level: int) -> Run:
        """Return these bins at a coarser level."""
        return Run(self.first, self.start, self.position, self.bins.coarser(level))


def _newest(before: Floats, start: Floats) -> Floats:
    """Return where the last step of float64[bins, agents, axes, 2] leads; `start` without one."""
    position = start.copy()
    for a in range(len(start)):
        stepped = np.flatnonzero(~np.isnan(before[:, a, 0, 0]))
        if stepped.size:
            position[a] = before[stepped[-1], a, :, 0]
    return position


def charted(scenario: Scenario) -> list[int]:
    """Return the agents that charts show if nobody chooses: with a primary, where any has one."""
    orbiting = [a for a, primary in enumerate(scenario.orbited) if primary is not None]
    return (orbiting or list(range(len(scenario.names))))[:SHOWN_AGENTS]


def chosen(scenario: Scenario, agents: Sequence[int]) -> list[int]:
    """Return the agents with these numbers, each once; raises RequestError for one there is not."""
    last = len(scenario.names) - 1
    if any(not 0 <= a <= last for a in agents):
        raise RequestError("agents", f"must be numbers from 0 to {last} in this scenario.")
    return list(dict.fromkeys(agents))


def agent_series(scenario: Scenario, a: int, run: Run, i: int, names: Sequence[str]) -> AgentSeries:
    """Return the quantities of agent `a` that are named; it is the `i`-th of the run."""
    series = run.bins.series[:, i]
    mu, primary = scenario.gravity[a], scenario.orbited[a]
    axes = "xyz"[: series.shape[1] - len(QUANTITIES)]
    known = (*axes, *QUANTITIES) if primary is not None else tuple(axes)
    bands: dict[str, Any] = {
        name: band_of(series[:, place]) for place, name in enumerate(known) if name in names
    }
    if primary is not None and mu > 0.0:
        energy, momentum = series[:, known.index("e")], series[:, known.index("h")]
        if "a" in names:
            bands["a"] = band_of(axis_ranges(energy, mu))
        if "ecc" in names:
            bands["ecc"] = band_of(eccentricity_ranges(energy, momentum, mu))
    own = {"name": scenario.names[a], "primary": primary, "gravity": mu}
    times = {
        "t0": column_of(np.array(run.begins)[:, i]),
        "t1": column_of(run.bins.clocks[:, i]),
        "start": column_of(run.position[i]),
    }
    return {**own, **times, **bands}  # type: ignore[typeddict-item]  # by name
