"""The osculating elements of an agent as rows: at the start, and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.models.units import Units
    from sim.scenario import Scenario

__all__ = ["Element", "element_rows"]

_PLANE: Final = 2
_DEGREES: Final = "°"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of the osculating orbit, at the start and at the end."""

    name: str
    unit: str
    description: str
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """An element: what it is called, and the powers of length and time in its unit.

    One `of_space` is not there in the plane. One `of_some` orbits is shown where it is defined at
    the start or at the end.
    """

    name: str
    description: str = ""
    length: int = 0
    time: int = 0
    is_angle: bool = False
    of_space: bool = False
    of_some: bool = False

    def unit(self, units: Units) -> str:
        return _DEGREES if self.is_angle else units.of(self.length, self.time)


_KINDS: Final = {
    "semi_major_axis": _Kind(
        name="Semi-major axis", description="negative for a hyperbola", length=1
    ),
    "eccentricity": _Kind(
        name="Eccentricity", description="0 circle, below 1 ellipse, above 1 hyperbola"
    ),
    "inclination": _Kind(
        name="Inclination", description="to the x-y plane", is_angle=True, of_space=True
    ),
    "node": _Kind(
        name="Ascending node",
        description="from the x axis",
        is_angle=True,
        of_space=True,
    ),
    "argument_of_periapsis": _Kind(name="Argument of periapsis", is_angle=True),
    "true_anomaly": _Kind(name="True anomaly", description="from the periapsis", is_angle=True),
    "period": _Kind(name="Period", time=1, of_some=True),
    "periapsis": _Kind(name="Periapsis", length=1),
    "apoapsis": _Kind(name="Apoapsis", length=1, of_some=True),
    "speed_at_infinity": _Kind(name="Speed at infinity", length=1, time=-1, of_some=True),
}


def element_rows(name: str, result: Mapping[str, Any], scenario: Scenario) -> tuple[Element, ...]:
    """Return the elements of an agent that has a primary.

    A result from before elements were described has two of them, in its statistics.
    """
    known = _known(name, result)
    is_plane = scenario.model.dimensions == _PLANE
    return tuple(
        Element(
            name=kind.name,
            unit=kind.unit(scenario.units),
            description=kind.description,
            start=known[key]["start"],
            end=known[key]["end"],
        )
        for key, kind in _KINDS.items()
        if key in known
        and not (kind.of_space and is_plane)
        and not (kind.of_some and set(known[key].values()) == {None})
    )


def _known(name: str, result: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return the elements by their names, each at `start` and `end`."""
    described = result.get("elements")
    if described is None:
        figures = result["statistics"][name]
        return {key: figures[key] for key in _KINDS if key in figures}
    start, end = described[name]["start"], described[name]["end"]
    return {key: {"start": start[key], "end": end[key]} for key in _KINDS}
