"""Agents: the bodies of a scenario, each with its initial state, and their JSON form.

Guarantees: two values are equal if, and only if, they have the same bits: `-0.0` is not `0.0`.
Names and numbers are checked by `sim.models.nano.rules`, when a scenario is made.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from sim.errors import ScenarioError
from sim.strictjson import canonical_json, fields_of

__all__ = ["STATE_FIELDS", "Agent", "State"]

STATE_FIELDS: Final = {  # JSON name -> attribute
    "time": "time",
    "timeStep": "time_step",
    "x": "x",
    "y": "y",
    "vx": "vx",
    "vy": "vy",
}
_AGENT_FIELDS: Final = frozenset({"name", "mu", *STATE_FIELDS})
_SPATIAL: Final = frozenset({"z", "vz"})


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """An agent's state at its own `time`; `time_step` is the length of its next step."""

    time: float
    time_step: float
    x: float
    y: float
    vx: float
    vy: float

    def to_json(self) -> dict[str, float]:
        """Return the state under its JSON names."""
        return {name: float(getattr(self, attr)) for name, attr in STATE_FIELDS.items()}

    @property
    def _bits(self) -> bytes:
        return struct.pack("<6d", self.time, self.time_step, self.x, self.y, self.vx, self.vy)

    def __eq__(self, other: object) -> bool:
        return self._bits == other._bits if isinstance(other, State) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bits)


@dataclass(frozen=True, slots=True, eq=False)
class Agent:
    """A body with its gravitational parameter `mu`, its initial state and its `primary`.

    The primary is the agent that this one orbits in the diagnostics; `None` leaves the choice to
    the scenario.
    """

    name: str
    mu: float
    state: State
    primary: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the agent's JSON form."""
        named: dict[str, object] = {"name": self.name, "mu": float(self.mu), **self.state.to_json()}
        return named if self.primary is None else {**named, "primary": self.primary}

    @classmethod
    def from_json(cls, value: object, where: str) -> Agent:
        """Read one agent; the scenario that holds it checks its numbers and names."""
        if isinstance(value, dict) and not value.keys().isdisjoint(_SPATIAL):
            raise ScenarioError(
                where,
                "can't have z or vz: the model nano is a plane. Leave them out, or choose nbody.",
            )
        fields = fields_of(value, where, _AGENT_FIELDS, optional=frozenset({"primary"}))
        state = State(**{attr: fields[name] for name, attr in STATE_FIELDS.items()})
        return cls(fields["name"], fields["mu"], state, fields.get("primary"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Agent):
            return NotImplemented
        return canonical_json(self.to_json()) == canonical_json(other.to_json())

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))
