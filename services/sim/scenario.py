"""The inputs of a propagation: scenarios, trajectories and requests, with their identity.

Guarantees:

- Every `Scenario` is valid (`sim.scenario_rules`): finite floats, known names, possible steps.
- Two values are equal if, and only if, they have the same bits: `-0.0` is not `0.0`, since it is a
  different request with different results.
- A trajectory's digest and a request's id depend only on canonical JSON (docs/adr/0002).
- `from_json` raises ScenarioError (or RequestError) for anything that `to_json` does not return.

Units are dimensionless: the gravitational parameter of the default scenario's planet is 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from sim.agent import Agent, State
from sim.errors import Failure, FailureReason, RequestError
from sim.intervals import interval_iterations
from sim.models.agent_rules import MAX_AGENTS, list_of_agents, primaries_of
from sim.scenario_rules import check_clocks, checked_agents
from sim.strictjson import canonical_json, fields_of, number_of

__all__ = [
    "MAX_AGENTS",
    "MAX_STEPS",
    "MODEL_VERSION",
    "NANO",
    "SEED_LIMIT",
    "Agent",
    "Failure",
    "FailureReason",
    "PropagationRequest",
    "Scenario",
    "State",
    "Trajectory",
    "canonical_json",
]

MODEL_VERSION: Final[str] = "1"
"""Increases with every change to the model that changes a bit of any result."""

SEED_LIMIT: Final = 2**53
"""Seeds are below it: larger integers lose bits as JSON numbers (RFC 8259, section 6)."""
MAX_STEPS: Final = 2**53 - 1
"""The largest step count that is an exact JSON number; the settings allow fewer."""

_SCENARIO_FIELDS: Final = frozenset({"agents", "dt_min", "dt_span", "epsilon"})
_TRAJECTORY_FIELDS: Final = frozenset({"scenario", "seed"})


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Agents in order, and the parameters of their clocks; raises ScenarioError if not valid.

    The next time step is `dt_min + u*dt_span` with u drawn from [0, 1). An agent at time t reads
    the other agents at time t - `epsilon`.

    >>> NANO.names, NANO.massive, NANO.primaries
    (('Planet', 'Satellite'), (0,), (None, 0))
    """

    agents: tuple[Agent, ...]
    dt_min: float
    dt_span: float
    epsilon: float
    canonical: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assign = object.__setattr__  # how a frozen dataclass normalises its fields
        for name in ("dt_min", "dt_span", "epsilon"):
            assign(self, name, number_of(getattr(self, name), name))
        assign(self, "agents", checked_agents(self.agents))
        check_clocks(self.agents, dt_min=self.dt_min, dt_span=self.dt_span, epsilon=self.epsilon)
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
        """The index of each agent's primary: the one it names, or the heaviest if it is heavier."""
        return primaries_of(self.agents)

    @property
    def interval(self) -> int:
        """The number of iterations of an interval, that is between two checkpoints."""
        return interval_iterations(len(self.agents))

    @property
    def read_by_others(self) -> tuple[int, ...]:
        """The indices of the agents whose records others read: massive agents and primaries."""
        primaries = {primary for primary in self.primaries if primary is not None}
        return tuple(sorted({*self.massive, *primaries}))

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads: every number a float."""
        return {
            "agents": [agent.to_json() for agent in self.agents],
            "dt_min": self.dt_min,
            "dt_span": self.dt_span,
            "epsilon": self.epsilon,
        }

    @classmethod
    def from_json(cls, value: object) -> Scenario:
        """Read a scenario from parsed JSON; an unknown or missing field is a ScenarioError."""
        fields = fields_of(value, "scenario", _SCENARIO_FIELDS)
        agents = tuple(
            Agent.from_json(agent, f"agents[{i}]")
            for i, agent in enumerate(list_of_agents(fields["agents"]))
        )
        return cls(agents, fields["dt_min"], fields["dt_span"], fields["epsilon"])

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical)


NANO: Final = Scenario(
    agents=(
        Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0)),
        Agent("Satellite", 0.0, State(0.0, 0.01, 0.0, 1.0, 1.0, 0.0)),
    ),
    dt_min=0.01,
    dt_span=0.09,
    epsilon=0.001,
)
"""The default scenario: a planet, and a massless satellite that orbits it until ejection."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Everything that determines the records: a scenario and the seed of its time steps."""

    scenario: Scenario = NANO
    seed: int = 0

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < SEED_LIMIT:
            raise RequestError("seed", "must be a whole number from 0 to 9,007,199,254,740,991.")

    @property
    def digest(self) -> str:
        """16 hex digits that identify the trajectory: the start of a SHA-256 (docs/adr/0002)."""
        # The canonical JSON of members, model, scenario and seed: keys are sorted.
        identity = (
            f'{{"members":1,"model":"{MODEL_VERSION}",'
            f'"scenario":{self.scenario.canonical},"seed":{self.seed}}}'
        )
        return hashlib.sha256(identity.encode()).hexdigest()[:16]

    @property
    def interval(self) -> int:
        """The number of iterations of an interval of this trajectory."""
        return self.scenario.interval

    def intervals_for(self, steps: int) -> int:
        """Return the number of intervals that hold the first `steps` iterations.

        The last of them may be partial.

        >>> Trajectory().intervals_for(65_536), Trajectory().intervals_for(65_537)
        (1, 2)
        """
        return -(-steps // self.interval)

    @property
    def is_default(self) -> bool:
        """Whether this is the trajectory of a request with only a step count."""
        return self == Trajectory()

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads."""
        return {"scenario": self.scenario.to_json(), "seed": self.seed}

    @classmethod
    def from_json(cls, value: object) -> Trajectory:
        """Read a trajectory from parsed JSON."""
        fields = fields_of(value, "trajectory", _TRAJECTORY_FIELDS)
        return cls(Scenario.from_json(fields["scenario"]), fields["seed"])


@dataclass(frozen=True, slots=True)
class PropagationRequest:
    """The first `steps` iterations of a trajectory.

    >>> PropagationRequest(500).id
    '500'
    >>> PropagationRequest(500, Trajectory(seed=7)).id
    '500-5f1d470fe217f2f0'
    """

    steps: int
    trajectory: Trajectory = field(default_factory=Trajectory)
    members: int = 1

    def __post_init__(self) -> None:
        if type(self.steps) is not int or not 1 <= self.steps <= MAX_STEPS:
            raise RequestError("steps", "must be a whole number from 1 to 9,007,199,254,740,991.")
        if type(self.members) is not int or self.members != 1:
            raise RequestError("members", "must be 1: ensembles are not there yet.")

    @property
    def id(self) -> str:
        """The identifier of the result: the step count and, unless it is the default, a digest."""
        if self.trajectory.is_default:
            return str(self.steps)
        return f"{self.steps}-{self.trajectory.digest}"

    def to_json(self) -> dict[str, object]:
        """Return the request as the HTTP interface accepts it."""
        return {"steps": self.steps, "members": self.members, **self.trajectory.to_json()}
