"""The statistics of a result as tables: rows with a name, an explanation and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from frontend.web.pages.element_tables import element_rows
from frontend.web.pages.filters import count
from sim.engine import SHOWN_AGENTS
from sim.models.model import BARYCENTRE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.web.pages.element_tables import Element
    from sim.scenario import Scenario

__all__ = ["Column", "End", "OrbitTable", "Range", "end_columns", "end_states", "orbit_tables"]

_PLANE: Final = 2
_QUANTITIES: Final = {
    "r": ("Distance", "r, to its primary", (1, 0)),
    "e": ("Specific energy", "ε = v²/2 \u2212 μ/r; negative while it is bound", (2, -2)),
    "h": ("Specific angular momentum", "", (2, -1)),
}
"""Name, description, and the powers of length and time in its unit."""
_DISTANCE, _ENERGY = 0, 1  # their places among the quantities
_THROUGH: Final = 0.05  # of the mean distance: nearer, it passes through
_SIGNED: Final = "h, positive counter-clockwise"
_IN_SPACE: Final = "h = |r \u00d7 v|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The extremes and the mean of one quantity, and the steps of the extremes."""

    name: str
    unit: str
    description: str
    low: float | None
    low_at: int | None
    mean: float | None
    high: float | None
    high_at: int | None

    @property
    def is_beyond_numbers(self) -> bool:
        """Whether a figure is missing although the agent has stepped: no number holds it."""
        return self.low_at is not None and None in {self.low, self.mean, self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitTable:
    """The orbit of one agent around its primary."""

    agent: str
    primary: str
    ranges: tuple[Range, ...]
    elements: tuple[Element, ...]
    verdict: str

    @property
    def is_about_no_body(self) -> bool:
        """Whether it passes through a barycentre: there is nothing, so nothing happens there."""
        distance = self.ranges[_DISTANCE]
        if self.primary != BARYCENTRE or distance.low is None or distance.mean is None:
            return False
        return distance.low < _THROUGH * distance.mean

    @property
    def meets_its_primary(self) -> bool:
        """Whether the distance is 0 at some step, where its energy is not defined."""
        return self.ranges[_DISTANCE].low == 0.0

    @property
    def is_beyond_numbers(self) -> bool:
        """Whether a figure is missing for another reason: no number holds it."""
        return any(
            row.is_beyond_numbers
            for place, row in enumerate(self.ranges)
            if not (place == _ENERGY and self.meets_its_primary)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the states at the end."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One agent at the end: its number of records, and its state in the order of `end_columns`."""

    agent: str
    records: int
    state: tuple[float, ...]


def orbit_tables(result: Mapping[str, Any], scenario: Scenario) -> tuple[OrbitTable, ...]:
    """Return the tables of the first `SHOWN_AGENTS` agents that have a primary."""
    agents: dict[str, Any] = result["statistics"]
    return tuple(
        OrbitTable(
            agent=name,
            primary=agents[name]["primary"],
            ranges=_ranges(agents[name], scenario),
            elements=element_rows(name, result, scenario),
            verdict=_verdict(agents[name]["unbound_from"]),
        )
        for name in list(agents)[:SHOWN_AGENTS]
    )


def _ranges(figures: Mapping[str, Any], scenario: Scenario) -> tuple[Range, ...]:
    of_h = _SIGNED if scenario.model.dimensions == _PLANE else _IN_SPACE
    return tuple(
        Range(
            name=name,
            unit=scenario.units.of(*powers),
            description=description or of_h,
            low=figures[key]["min"],
            low_at=figures[key]["min_at"],
            mean=figures[key]["mean"],
            high=figures[key]["max"],
            high_at=figures[key]["max_at"],
        )
        for key, (name, description, powers) in _QUANTITIES.items()
    )


def _verdict(unbound_from: int | None) -> str:
    """Say whether it is bound at the end, else from which step it is not."""
    if unbound_from is None:
        return "Bound at the end"
    return f"Escapes at step {count(unbound_from)}"


def end_columns(scenario: Scenario) -> tuple[Column, ...]:
    """Return the columns of the states at the end: the time, positions and velocities."""
    units, axes = scenario.units, "xyz"[: scenario.model.dimensions]
    return (
        Column(name="time", unit=units.of(time=1)),
        *(Column(name=axis, unit=units.of(1)) for axis in axes),
        *(Column(name=f"v{axis}", unit=units.of(1, -1)) for axis in axes),
    )


def end_states(result: Mapping[str, Any], scenario: Scenario) -> tuple[End, ...]:
    """Return the states at the end of the first `SHOWN_AGENTS` agents."""
    records, states = result["records_by_agent"], result["end"]
    return tuple(
        End(
            agent=name,
            records=records[name],
            state=tuple(states[name][column.name] for column in end_columns(scenario)),
        )
        for name in list(states)[:SHOWN_AGENTS]
    )
