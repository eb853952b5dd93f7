"""The scenarios of `nbody`: points, an integrator and its time step, and their JSON form.

Guarantees:

- Every `NBodyScenario` is valid (`sim.models.nbody.rules`): finite floats, known names.
- Two values are equal if, and only if, they have the same bits.
- `from_json` raises ScenarioError for anything that is no scenario. It also takes an `orbit` in
  place of a state, and leaves out `z` and `vz`: `to_json` returns the states that these lead to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sim.errors import ScenarioError
from sim.models.agent_rules import list_of_agents, primaries_of
from sim.models.nbody import rules
from sim.models.nbody.agent import BARYCENTRE, NBodyAgent, Unplaced, read_agent
from sim.models.nbody.cost import interval_of, work_per_step
from sim.models.nbody.orbits import placed
from sim.strictjson import canonical_json, fields_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NAME", "NBodyScenario", "Units"]

NAME: Final = "nbody"
_REQUIRED: Final = frozenset({"model", "integrator", "dt", "agents"})
_OPTIONAL: Final = frozenset({"tolerance", "units"})


@dataclass(frozen=True, slots=True)
class Units:
    """What lengths and times are measured in: a label, which changes no number. 1 is none.

    >>> Units("km", "s").speed, Units().speed
    ('km/s', '1')
    """

    length: str = "1"
    time: str = "1"

    @property
    def speed(self) -> str:
        """The unit of a speed."""
        if self.time == "1":
            return self.length
        return f"{self.length}/{self.time}"

    def to_json(self) -> dict[str, str]:
        """Return what `from_json` reads."""
        return {"length": self.length, "time": self.time}

    @classmethod
    def from_json(cls, value: object) -> Units:
        """Read both units."""
        fields = fields_of(value, "units", frozenset({"length", "time"}))
        return cls(fields["length"], fields["time"])


@dataclass(frozen=True, slots=True, eq=False)
class NBodyScenario:
    """Points in order, the integrator and its step; raises ScenarioError if not valid.

    All agents advance by `dt` together; t after k steps is k*dt. With `gauss-radau-15` dt is the
    first step that is tried, unless the `tolerance` is 0; other integrators have no tolerance.
    """

    agents: tuple[NBodyAgent, ...]
    integrator: str
    dt: float
    tolerance: float | None = None
    units: Units = field(default_factory=Units)
    canonical: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assign = object.__setattr__  # how a frozen dataclass normalises its fields
        assign(self, "integrator", rules.checked_integrator(self.integrator))
        assign(self, "dt", rules.checked_dt(self.dt))
        assign(self, "tolerance", rules.checked_tolerance(self.tolerance, self.integrator))
        units = Units(
            rules.checked_unit(self.units.length, "units.length", rules.LENGTHS),
            rules.checked_unit(self.units.time, "units.time", rules.TIMES),
        )
        assign(self, "units", units)
        assign(self, "agents", rules.checked_agents(self.agents))
        assign(self, "canonical", canonical_json(self.to_json()))

    @property
    def names(self) -> tuple[str, ...]:
        """The agents' names, in order."""
        return tuple(agent.name for agent in self.agents)

    @property
    def massive(self) -> tuple[int, ...]:
        """The indices of the agents that attract (or repel) others: mu is not 0."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.mu != 0)

    @property
    def primaries(self) -> tuple[int | None, ...]:
        """The index of each agent's primary: the one it names, or the heaviest if it is heavier.

        None for those in `barycentric`.
        """
        return primaries_of(self.agents)

    @property
    def barycentric(self) -> tuple[int, ...]:
        """The indices of the agents whose primary is the barycentre of all other agents."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.primary == BARYCENTRE)

    @property
    def gravity(self) -> tuple[float, ...]:
        """The mu of each agent's orbit about its primary, which includes its own; 0 without one.

        About the barycentre of all others it is the sum of all, in their order.
        """
        mus = [agent.mu for agent in self.agents]
        everything = rules.total(mus)
        return tuple(
            everything
            if self.agents[i].primary == BARYCENTRE
            else (0.0 if primary is None else mus[primary] + mus[i])
            for i, primary in enumerate(self.primaries)
        )

    @property
    def interval(self) -> int:
        """The number of steps of an interval, that is between two checkpoints."""
        return interval_of(len(self.agents), len(self.massive), self.integrator)

    @property
    def work(self) -> float:
        """The work of a step, in iterations of two agents of `nano`."""
        return work_per_step(len(self.agents), len(self.massive), self.integrator)

    @property
    def read_by_others(self) -> tuple[int, ...]:
        """The indices of the agents whose records others read: massive agents and primaries."""
        primaries = {primary for primary in self.primaries if primary is not None}
        return tuple(sorted({*self.massive, *primaries}))

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads: every number a float, every agent with its state."""
        document: dict[str, object] = {
            "model": NAME,
            "integrator": self.integrator,
            "dt": self.dt,
            "agents": [agent.to_json() for agent in self.agents],
        }
        if self.tolerance not in {None, rules.DEFAULT_TOLERANCE}:
            document["tolerance"] = self.tolerance
        if self.units != Units():
            document["units"] = self.units.to_json()
        return document

    @classmethod
    def from_json(cls, value: object) -> NBodyScenario:
        """Read a scenario from parsed JSON; an unknown or missing field is a ScenarioError."""
        fields = fields_of(value, "scenario", _REQUIRED, optional=_OPTIONAL)
        if fields["model"] != NAME:
            raise ScenarioError("model", f"must be {NAME}.")
        read = [
            read_agent(agent, f"agents[{i}]")
            for i, agent in enumerate(list_of_agents(fields["agents"]))
        ]
        units = fields.get("units")
        return cls(
            _with_states(read),
            fields["integrator"],
            fields["dt"],
            fields.get("tolerance"),
            Units() if units is None else Units.from_json(units),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NBodyScenario):
            return NotImplemented
        return self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)


def _with_states(read: Sequence[NBodyAgent | Unplaced]) -> tuple[NBodyAgent, ...]:
    """Return the agents with their states, from orbits where these were given."""
    given = [agent for agent in read if isinstance(agent, NBodyAgent)]
    return tuple(given) if len(given) == len(read) else placed(read)
