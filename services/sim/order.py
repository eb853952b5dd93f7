"""Orders: requests that say where a trajectory is to end, not after how many steps.

Guarantees:

- An order's condition is valid for its scenario: a finite time above 0, or an agent that has a
  primary and either its escape or a finite distance above 0. Else it is a RequestError.
- The id depends only on canonical JSON, as those of propagations do (docs/adr/0002): not on how
  many steps the installation that is asked allows.

An order comes to a number of steps, which is not known before its trajectory is integrated; the
answer is the propagation of so many steps (docs/adr/0063).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import RequestError, ScenarioError
from sim.scenario import PropagationRequest, canonical_json
from sim.strictjson import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.scenario import Scenario, Trajectory

__all__ = [
    "ESCAPE_STEPS",
    "Condition",
    "Escape",
    "Order",
    "Until",
    "Within",
    "read_condition",
    "read_until",
]

ESCAPE_STEPS: Final = 1_000
"""An agent has escaped with so many steps in a row whose start had an energy above 0."""

_STOP_FIELDS: Final = ("agent", "escape", "within")
_STOP_FORMS: Final = '{"agent": NAME, "escape": true} or {"agent": NAME, "within": DISTANCE}'


@dataclass(frozen=True, slots=True)
class Until:
    """Every agent's clock is at `time` or beyond."""

    time: float

    def to_json(self) -> dict[str, object]:
        """Return the fields of an order that say it."""
        return {"until": self.time}


@dataclass(frozen=True, slots=True)
class Escape:
    """The agent has taken ESCAPE_STEPS steps in a row whose start had an energy above 0."""

    agent: str

    def to_json(self) -> dict[str, object]:
        """Return the fields of an order that say it."""
        return {"stop": {"agent": self.agent, "escape": True}}


@dataclass(frozen=True, slots=True)
class Within:
    """The agent has taken a step whose start was at most `distance` from its primary."""

    agent: str
    distance: float

    def to_json(self) -> dict[str, object]:
        """Return the fields of an order that say it."""
        return {"stop": {"agent": self.agent, "within": self.distance}}


Condition: TypeAlias = Until | Escape | Within


@dataclass(frozen=True, slots=True)
class Order(PropagationRequest):
    """A trajectory up to where a condition holds, within the first `steps` iterations.

    `steps` is the caller's own number with a stop condition; with `until`, how many are tried at
    most.

    >>> from sim.scenario import Trajectory
    >>> Order(20_000, Trajectory(), condition=Until(100.0)).id
    'q-92a704eb349088a8'
    """

    condition: Condition = field(kw_only=True)

    def __post_init__(self) -> None:
        PropagationRequest.__post_init__(self)
        if self.members != 1:
            raise RequestError("members", "must be 1 with until or stop.")

    @property
    def id(self) -> str:
        """The identifier of the order, by which it is known until its steps are."""
        text = canonical_json(self.to_json() | {"model": self.trajectory.scenario.model.version})
        return f"q-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def is_until(self) -> bool:
        """Whether it asks for a time: then a number of steps without it is no answer."""
        return isinstance(self.condition, Until)

    def answer(self, steps: int) -> PropagationRequest:
        """Return the request that the order has come to."""
        return PropagationRequest(steps, self.trajectory)

    def to_json(self) -> dict[str, object]:
        """Return the order as the HTTP interface accepts it."""
        own = self.condition.to_json() | ({} if self.is_until else {"steps": self.steps})
        return own | {"members": self.members, **self.trajectory.to_json()}

    def to_terms(self) -> dict[str, object]:
        """Return what `from_terms` reads: the order without its trajectory, which is stored."""
        return {"steps": self.steps, **self.condition.to_json()}

    @classmethod
    def from_terms(cls, trajectory: Trajectory, terms: Mapping[str, object]) -> Order:
        """Read an order of this trajectory; raises RequestError."""
        until, steps = terms.get("until"), terms.get("steps")
        condition: Condition = (
            read_condition(trajectory.scenario, terms.get("stop"))
            if until is None
            else read_until(until)
        )
        return cls(steps, trajectory, condition=condition)  # type: ignore[arg-type]  # it is checked


def read_until(value: object) -> Until:
    """Read a time from parsed JSON; raises RequestError."""
    return Until(_above_zero(value, "until"))


def read_condition(scenario: Scenario, value: object) -> Escape | Within:
    """Read a stop condition from parsed JSON; raises RequestError."""
    if not isinstance(value, dict) or not value.keys() <= {*_STOP_FIELDS}:
        raise RequestError("stop", f"must be {_STOP_FORMS}.")
    if ("escape" in value) == ("within" in value):
        raise RequestError("stop", f"must have either escape or within: {_STOP_FORMS}.")
    agent = _agent(scenario, value.get("agent"))
    if "within" in value:
        return Within(agent, _above_zero(value["within"], "stop.within"))
    if value["escape"] is not True:
        raise RequestError("stop.escape", "must be true, or be left out.")
    return Escape(agent)


def _agent(scenario: Scenario, name: object) -> str:
    """Return the name of an agent that has a primary."""
    if not isinstance(name, str) or name not in scenario.names:
        known = ", ".join(scenario.names[:8]) + (", ..." if len(scenario.names) > 8 else "")  # noqa: PLR2004 - so many are readable
        raise RequestError("stop.agent", f"must be the name of an agent: {known}.")
    if scenario.orbited[scenario.names.index(name)] is None:
        raise RequestError(
            "stop.agent", f"must be an agent that has a primary, which {name} has not."
        )
    return name


def _above_zero(value: object, where: str) -> float:
    try:
        number = number_of(value, where)
    except ScenarioError as error:
        raise RequestError(where, error.problem) from None
    if number <= 0.0:
        raise RequestError(where, "must be a finite number above 0.")
    return number
