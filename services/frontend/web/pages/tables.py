"""The statistics of a result as tables: rows with a name, an explanation and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from frontend.web.pages.filters import count
from sim.engine import SHOWN_AGENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Elements", "End", "OrbitTable", "Range", "end_states", "orbit_tables"]

_QUANTITIES: Final = {
    "r": ("Distance", "r, from its primary"),
    "e": ("Specific energy", "e = v²/2 \u2212 μ/r; below zero it is bound"),
    "h": ("Specific angular momentum", "h, positive counter-clockwise"),
}
_ELEMENTS: Final = {
    "semi_major_axis": ("Semi-major axis", "of the ellipse it is on; below 0 of a hyperbola"),
    "eccentricity": ("Eccentricity", "0 a circle, below 1 an ellipse, above 1 open"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The extremes and the mean of one quantity, and the iterations of the extremes."""

    name: str
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
class Elements:
    """One element of the osculating orbit, at the start and at the end."""

    name: str
    description: str
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitTable:
    """The orbit of one agent around its primary."""

    agent: str
    primary: str
    ranges: tuple[Range, ...]
    elements: tuple[Elements, ...]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One agent at the end: its number of records; time, x, y, vx and vy."""

    agent: str
    records: int
    state: tuple[float, ...]


def orbit_tables(statistics: Mapping[str, Any]) -> tuple[OrbitTable, ...]:
    """Return the tables of the first `SHOWN_AGENTS` agents that have a primary."""
    agents: dict[str, Any] = statistics["statistics"]
    return tuple(
        _orbit_table(name, figures) for name, figures in list(agents.items())[:SHOWN_AGENTS]
    )


def _orbit_table(name: str, figures: Mapping[str, Any]) -> OrbitTable:
    return OrbitTable(
        agent=name,
        primary=figures["primary"],
        ranges=tuple(
            _range(title, description, figures[key])
            for key, (title, description) in _QUANTITIES.items()
        ),
        elements=tuple(
            Elements(
                name=title,
                description=description,
                start=figures[key]["start"],
                end=figures[key]["end"],
            )
            for key, (title, description) in _ELEMENTS.items()
        ),
        verdict=_verdict(figures["unbound_from"]),
    )


def _range(name: str, description: str, figures: Mapping[str, Any]) -> Range:
    return Range(
        name=name,
        description=description,
        low=figures["min"],
        low_at=figures["min_at"],
        mean=figures["mean"],
        high=figures["max"],
        high_at=figures["max_at"],
    )


def _verdict(unbound_from: int | None) -> str:
    if unbound_from is None:
        return "Bound at the end."
    return f"Unbound from iteration {count(unbound_from)} on: from there its energy stays above 0."


def end_states(statistics: Mapping[str, Any]) -> tuple[End, ...]:
    """Return the states at the end of the first `SHOWN_AGENTS` agents."""
    records, states = statistics["records_by_agent"], statistics["end"]
    return tuple(
        End(
            agent=name,
            records=records[name],
            state=tuple(states[name][key] for key in ("time", "x", "y", "vx", "vy")),
        )
        for name in list(states)[:SHOWN_AGENTS]
    )
