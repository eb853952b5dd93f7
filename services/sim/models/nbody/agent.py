"""The agents of `nbody`: points with a gravitational parameter and a state in space.

Guarantees: two values are equal if, and only if, they have the same bits: `-0.0` is not `0.0`.
Names and numbers are checked by `sim.models.nbody.rules`, when a scenario is made.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.errors import ScenarioError
from sim.strictjson import canonical_json, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COORDINATES", "NBodyAgent", "SpaceState", "State3", "Unplaced", "read_agent"]

COORDINATES: Final = ("x", "y", "z", "vx", "vy", "vz")
_IN_SPACE: Final = frozenset({"z", "vz"})  # 0 where they are left out
_NAMED: Final = frozenset({"name", "mu"})
_ELEMENTS: Final = frozenset({"a", "e", "i", "node", "argp", "anomaly"})


@dataclass(frozen=True, slots=True, eq=False)
class State3:
    """A position and a velocity in space."""

    x: float
    y: float
    z: float
    vx: float
    vy: float
    vz: float

    def to_json(self) -> dict[str, float]:
        """Return the state under its JSON names."""
        return {name: float(getattr(self, name)) for name in COORDINATES}

    @property
    def numbers(self) -> tuple[float, ...]:
        """Position and velocity: x, y, z, vx, vy, vz."""
        return self.x, self.y, self.z, self.vx, self.vy, self.vz

    @property
    def _bits(self) -> bytes:
        return struct.pack("<6d", *self.numbers)

    def __eq__(self, other: object) -> bool:
        return self._bits == other._bits if isinstance(other, State3) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bits)


@dataclass(frozen=True, slots=True, eq=False)
class SpaceState:
    """An agent's state at `time`; `time_step` is the length of the next step, as first tried."""

    time: float
    time_step: float
    x: float
    y: float
    z: float
    vx: float
    vy: float
    vz: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """All numbers, in their order."""
        return (self.time, self.time_step, self.x, self.y, self.z, self.vx, self.vy, self.vz)

    def to_json(self) -> dict[str, float]:
        """Return the state under its JSON names."""
        names = ("time", "timeStep", *COORDINATES)
        return dict(zip(names, map(float, self.numbers), strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpaceState):
            return NotImplemented
        return struct.pack("<8d", *self.numbers) == struct.pack("<8d", *other.numbers)

    def __hash__(self) -> int:
        return hash(struct.pack("<8d", *self.numbers))


@dataclass(frozen=True, slots=True, eq=False)
class NBodyAgent:
    """A point with its gravitational parameter `mu`, its initial state and its `primary`.

    The primary is the agent that this one orbits in the diagnostics, or BARYCENTRE; `None` leaves
    the choice to the scenario.
    """

    name: str
    mu: float
    state: State3
    primary: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the agent's JSON form."""
        named: dict[str, object] = {"name": self.name, "mu": float(self.mu), **self.state.to_json()}
        return named if self.primary is None else {**named, "primary": self.primary}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NBodyAgent):
            return NotImplemented
        return canonical_json(self.to_json()) == canonical_json(other.to_json())

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An agent whose state is given by the elements of an orbit about its primary."""

    name: str
    mu: float
    primary: str | None
    orbit: Mapping[str, object]

    def at(self, state: State3) -> NBodyAgent:
        """Return the agent in this state."""
        return NBodyAgent(self.name, self.mu, state, self.primary)


def read_agent(value: object, where: str) -> NBodyAgent | Unplaced:
    """Read one agent, with a state or with an orbit in its place; values are not checked here."""
    if isinstance(value, dict) and "orbit" in value:
        return _on_orbit(value, where)
    fields = fields_of(
        value,
        where,
        _NAMED | (frozenset(COORDINATES) - _IN_SPACE),
        optional=_IN_SPACE | {"orbit", "primary"},  # an orbit is known here, but not given
    )
    state = State3(*(fields.get(name, 0.0) for name in COORDINATES))
    return NBodyAgent(fields["name"], fields["mu"], state, fields.get("primary"))


def _on_orbit(value: dict[object, object], where: str) -> Unplaced:
    beside = [name for name in COORDINATES if name in value]
    if beside:
        raise ScenarioError(
            where, f"has both orbit and {beside[0]}: an orbit stands in place of x to vz."
        )
    fields = fields_of(value, where, _NAMED | {"orbit"}, optional=frozenset({"primary"}))
    orbit = fields_of(fields["orbit"], f"{where}.orbit", _ELEMENTS)
    return Unplaced(fields["name"], fields["mu"], fields.get("primary"), orbit)
