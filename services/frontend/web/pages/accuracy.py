"""How exact a result is, in words and figures: what gravity keeps, and how far it was not kept.

- Where one agent alone has a mu, each other's orbit about it keeps its energy and its angular
  momentum. Otherwise the whole system keeps its energy, momentum and angular momentum.
- What is told of is the largest departure from the start, as a part of what there was then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from frontend.web.pages.filters import count, figure
from sim.engine import SHOWN_AGENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.scenario import Scenario

__all__ = ["FILTERS", "Accuracy", "Departure", "Escape", "accuracy_of", "percent"]

PHYSICAL: Final = 0.01  # of the energy: what departs further is told of as the method's doing
_NAMES: Final = {
    "energy": "Energy",
    "momentum": "Momentum",
    "angular_momentum": "Angular momentum",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One quantity that gravity keeps: of whom, and how far it departs, as a part of the start."""

    name: str
    relative: float | None
    absolute: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escape:
    """An agent that escapes: at which step and time, and on which hyperbola it is at the end.

    `time` is "" of a result from before it was kept.
    """

    agent: str
    step: int
    time: str
    eccentricity: float | None
    speed: float | None
    speed_unit: str

    @property
    def sentence(self) -> str:
        """When, and how."""
        at = f" ({self.time})" if self.time else ""
        words = f"{self.agent} escapes at step {count(self.step)}{at}"
        if self.eccentricity is None or self.speed is None:
            return f"{words}."
        unit = f" {self.speed_unit}" if self.speed_unit else ""
        return (
            f"{words}; at the end its eccentricity is {figure(self.eccentricity, 4)} and its speed "
            f"at infinity {figure(self.speed, 4)}{unit}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What a result says of its own accuracy; `physics` is a sentence."""

    departures: tuple[Departure, ...]
    escapes: tuple[Escape, ...]
    physics: str


def accuracy_of(result: Mapping[str, Any], scenario: Scenario) -> Accuracy:
    """Return how exact a result is, from its statistics."""
    departures = departures_of(result, scenario)
    return Accuracy(
        departures=departures,
        escapes=escapes_of(result, scenario),
        physics=physics_of(departures, scenario.method.caution),
    )


def departures_of(result: Mapping[str, Any], scenario: Scenario) -> tuple[Departure, ...]:
    """Return what gravity keeps, and how far it departs; none of a result from before."""
    if len(scenario.massive) == 1:
        return tuple(_of_orbits(result, scenario))
    system: Mapping[str, Any] = result.get("system") or {}
    return tuple(
        Departure(name=name, relative=_relative(system[key]), absolute=system[key]["departure"])
        for key, name in _NAMES.items()
        if key in system
    )


def _relative(quantity: Mapping[str, Any]) -> float | None:
    """Return a departure as a part of the start; None where that is 0, or no number."""
    if quantity.get("relative_departure") is not None:
        return float(quantity["relative_departure"])
    start, departure = quantity["start"], quantity["departure"]
    if start is None or departure is None:
        return None
    size = math.hypot(*start) if isinstance(start, list) else abs(start)
    return departure / size if size > 0.0 else None


def _of_orbits(result: Mapping[str, Any], scenario: Scenario) -> Iterator[Departure]:
    """Yield the departures of agents about the only one that has a mu."""
    mu = scenario.agents[scenario.massive[0]].mu
    elements = result.get("elements") or {}
    for name in list(result["statistics"])[:SHOWN_AGENTS]:
        figures, start = result["statistics"][name], elements.get(name, {}).get("start")
        if start is None or start["semi_major_axis"] is None or start["eccentricity"] is None:
            continue
        a, e = start["semi_major_axis"], start["eccentricity"]
        energy, momentum = -mu / (2.0 * a), math.sqrt(abs(mu * a * (1.0 - e * e)))
        yield Departure(name=f"Energy of {name}", relative=_largest(figures["e"], energy))
        yield Departure(
            name=f"Angular momentum of {name}",
            relative=_largest(figures["h"], math.copysign(momentum, figures["h"]["mean"] or 0.0)),
        )


def _largest(extremes: Mapping[str, Any], start: float) -> float | None:
    low, high = extremes["min"], extremes["max"]
    if low is None or high is None or start == 0.0:
        return None
    return float(max(abs(low - start), abs(high - start)) / abs(start))


def physics_of(departures: tuple[Departure, ...], caution: str) -> str:
    """Say whether the result is still physics: by how far its energy departs."""
    known = [
        (one.relative, one.name)
        for one in departures
        if one.relative is not None and one.name.startswith("Energy")
    ]
    if not known:
        return caution
    worst, name = max(known)
    if worst == 0.0:
        return f"{name if len(known) == 1 else 'Energy'} is kept exactly. {caution}".strip()
    said = f"{name} departs by up to {percent(worst)} of its value at the start"
    if worst < PHYSICAL:
        return f"{said}. {caution}".strip()
    return (
        f"{said}, which gravity would keep: trust the beginning of this run, and not its end. "
        f"{caution}"
    ).strip()


def percent(part: float) -> str:
    """Write a part of something: 12 %, or as a power of ten where it is small."""
    return f"{figure(100.0 * part, 3)}\u202f%" if part >= 1e-4 else figure(part, 2)  # noqa: PLR2004  # a hundredth of a per cent


def escapes_of(result: Mapping[str, Any], scenario: Scenario) -> tuple[Escape, ...]:
    """Return the agents that are unbound at the end, each with the step from which it is."""
    elements = result.get("elements") or {}
    return tuple(
        Escape(
            agent=name,
            step=one["unbound_from"],
            time=time_of(name, result, scenario),
            eccentricity=elements.get(name, {}).get("end", {}).get("eccentricity"),
            speed=elements.get(name, {}).get("end", {}).get("speed_at_infinity"),
            speed_unit=scenario.units.of(1, -1),
        )
        for name, one in list(result["statistics"].items())[:SHOWN_AGENTS]
        if one["unbound_from"] is not None
    )


def time_of(name: str, result: Mapping[str, Any], scenario: Scenario) -> str:
    """Write the time at which an agent escapes; "" for a result from before it was kept."""
    time = (result.get("escape_times") or {}).get(name)
    if time is None:
        return ""
    unit = f" {known}" if (known := scenario.units.of(0, 1)) else ""
    return f"t = {figure(time, 6)}{unit}"


def share(part: float | None) -> str:
    """Write a part of something; "" where there is none to write."""
    if part is None:
        return ""
    return percent(part) if part else "kept exactly"


FILTERS: Final = {"share": share}
