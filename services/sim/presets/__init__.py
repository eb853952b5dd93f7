"""Scenarios that people know, by name: each with its source and with what to look for.

They are the JSON files of this folder. A file holds a scenario as anybody may write it, orbits
included, and is read at its first use.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from sim.errors import RequestError
from sim.scenario import read_scenario

if TYPE_CHECKING:
    from sim.models.units import Units
    from sim.scenario import Scenario

__all__ = ["NAMES", "Preset", "preset", "presets"]

NAMES: Final = (
    "nano",
    "circular",
    "eccentric",
    "binary",
    "figure-eight",
    "pythagorean",
    "galilean-moons",
    "outer-solar-system",
    "kirkwood-gap",
    "hierarchical-triple",
    "earth-moon-transfer",
)
"""In the order in which they are shown: from what is simple to what is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A scenario with a name; `steps` are as many as show what to `look_for`, in a sentence."""

    name: str
    title: str
    source: str
    look_for: str
    steps: int
    scenario: Scenario

    @property
    def units(self) -> Units:
        """What lengths and times are measured in."""
        return self.scenario.units

    def to_json(self) -> dict[str, object]:
        """Return the preset for programs; the scenario as a request takes it."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "units": self.units.to_json(),
            "look_for": self.look_for,
            "steps": self.steps,
            "scenario": self.scenario.to_json(),
        }


def presets() -> tuple[Preset, ...]:
    """Return all presets, in the order in which they are shown."""
    return tuple(preset(name) for name in NAMES)


def preset(name: str) -> Preset:
    """Return a preset by its name; raises RequestError, which names all, for an unknown one."""
    if name not in NAMES:
        raise RequestError("preset", f"must be one of {', '.join(NAMES)}.")
    return _read(name)


@cache
def _read(name: str) -> Preset:
    document = json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    scenario = read_scenario(document.pop("scenario"))
    return Preset(name=name, scenario=scenario, **document)
