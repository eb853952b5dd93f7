"""The quantities of the whole system as rows: at the start, at the end, and how far they depart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.models.units import Units
    from sim.scenario import Scenario

__all__ = ["SystemRow", "only_massive", "system_rows", "without_part"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    """One quantity: its components at the start and at the end, and its largest departure.

    `start` and `end` have one component, two or three; none where it is no number.
    """

    name: str
    unit: str
    description: str
    start: tuple[float, ...]
    end: tuple[float, ...]
    departure: float | None
    relative: float | None
    has_relative: bool


_ROWS: Final = {
    "energy": ("Energy", "Σ μv²/2 \u2212 Σ μμ\u2032/r", (5, -4)),
    "momentum": ("Momentum", "Σ μv", (4, -3)),
    "angular_momentum": ("Angular momentum", "Σ μ r \u00d7 v, about the origin", (5, -3)),
    "barycentre": (
        "Barycentre",
        "Σ μr / Σ μ; it departs from where it would be at constant velocity",
        (1, 0),
    ),
}
"""Name, description, and the powers of length and time in its unit: mu is length³/time²."""


def system_rows(result: Mapping[str, Any], units: Units) -> tuple[SystemRow, ...]:
    """Return the rows; none of a result from before systems were described."""
    system: Mapping[str, Any] = result.get("system") or {}
    return tuple(
        SystemRow(
            name=name,
            unit=units.of(*powers),
            description=description,
            start=_components(system[key]["start"]),
            end=_components(system[key]["end"]),
            departure=system[key]["departure"],
            relative=system[key].get("relative_departure"),
            has_relative=system[key].get("relative_departure") is not None,
        )
        for key, (name, description, powers) in _ROWS.items()
        if key in system
    )


def only_massive(scenario: Scenario) -> str:
    """Return the name of the one agent that has a mu; "" where there are more or none."""
    return scenario.names[scenario.massive[0]] if len(scenario.massive) == 1 else ""


def without_part(scenario: Scenario) -> str:
    """Return a sentence on the agents that have no part in these quantities; or ""."""
    if len(scenario.massive) == len(scenario.names):
        return ""
    if only_massive(scenario):
        return "Energy and angular momentum of each orbit are under Method and accuracy."
    return "Agents without a μ have no part in them."


def _components(value: float | list[float] | None) -> tuple[float, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
