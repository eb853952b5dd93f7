"""What is propagated: scenarios, trajectories and requests, their validity and their identity.

Guarantees:

- A `Scenario` that exists is valid: finite floats, known names, steps that can be taken.
- Two values are equal if, and only if, they have the same bits: `-0.0` is not `0.0` here,
  since it is a different request with different results.
- A trajectory's digest and a request's id depend on nothing but canonical JSON (docs/adr/0002).
- `from_json` raises ScenarioError (or RequestError) for whatever is not what `to_json` returns.

Units are dimensionless: the gravitational parameter of the default scenario's planet is 1.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Final

from sim.errors import Failure, FailureReason, RequestError, ScenarioError
from sim.intervals import interval_iterations
from sim.strictjson import canonical_json, fields_of, name_of, number_of

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
"""Counts the changes to the model that change a bit of any result."""

MAX_AGENTS: Final = 1_000
SEED_LIMIT: Final = 2**53
"""Seeds are below it: JSON numbers lose bits from here on (RFC 8259, section 6)."""
MAX_STEPS: Final = 2**53 - 1
"""The largest step count that has an exact JSON number; how much is allowed is settings' matter."""

_STATE_FIELDS: Final = {  # JSON name -> attribute
    "time": "time",
    "timeStep": "time_step",
    "x": "x",
    "y": "y",
    "vx": "vx",
    "vy": "vy",
}
_AGENT_FIELDS: Final = frozenset({"name", "mu", *_STATE_FIELDS})
_SCENARIO_FIELDS: Final = frozenset({"agents", "dt_min", "dt_span", "epsilon"})
_TRAJECTORY_FIELDS: Final = frozenset({"scenario", "seed"})


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """An agent's state at its own `time`; `time_step` is how far its next step goes."""

    time: float
    time_step: float
    x: float
    y: float
    vx: float
    vy: float

    def to_json(self) -> dict[str, float]:
        """Return the state under its JSON names."""
        return {name: float(getattr(self, attr)) for name, attr in _STATE_FIELDS.items()}

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

    The primary is whose orbit the diagnostics describe; `None` leaves it to the scenario.
    """

    name: str
    mu: float
    state: State
    primary: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the agent as a scenario's JSON lists it."""
        named: dict[str, object] = {"name": self.name, "mu": float(self.mu), **self.state.to_json()}
        return named if self.primary is None else {**named, "primary": self.primary}

    @classmethod
    def from_json(cls, value: object, where: str) -> Agent:
        """Read one agent; its numbers and names are checked by the scenario that holds it."""
        fields = fields_of(value, where, _AGENT_FIELDS, optional=frozenset({"primary"}))
        state = State(**{attr: fields[name] for name, attr in _STATE_FIELDS.items()})
        return cls(fields["name"], fields["mu"], state, fields.get("primary"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Agent):
            return NotImplemented
        return canonical_json(self.to_json()) == canonical_json(other.to_json())

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Agents in their order, and the rule of their clocks; a ScenarioError if it isn't valid.

    A clock's next step is `dt_min + u*dt_span` with u drawn from [0, 1); `epsilon` is how far
    before its own time an agent reads the universe.

    >>> NANO.names, NANO.massive, NANO.primaries
    (('Planet', 'Satellite'), (0,), (None, 0))
    """

    agents: tuple[Agent, ...]
    dt_min: float
    dt_span: float
    epsilon: float
    canonical: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assign = object.__setattr__  # a frozen dataclass's own way to normalise what it was given
        for name in ("dt_min", "dt_span", "epsilon"):
            assign(self, name, number_of(getattr(self, name), name))
        assign(self, "agents", _checked_agents(self.agents))
        _check_clocks(self)
        assign(self, "canonical", canonical_json(self.to_json()))

    @property
    def names(self) -> tuple[str, ...]:
        """The agents' names, in order."""
        return tuple(agent.name for agent in self.agents)

    @property
    def massive(self) -> tuple[int, ...]:
        """The indices of the agents that attract others (or repel them): mu is not 0."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.mu != 0)

    @property
    def primaries(self) -> tuple[int | None, ...]:
        """Of each agent, the index of its primary: its own choice, or the heaviest heavier one."""
        index = {name: i for i, name in enumerate(self.names)}
        # max() returns the first of equals.
        heaviest = max(range(len(self.agents)), key=lambda i: self.agents[i].mu)
        return tuple(
            index[agent.primary]
            if agent.primary is not None
            else (heaviest if self.agents[heaviest].mu > agent.mu else None)
            for agent in self.agents
        )

    @property
    def interval(self) -> int:
        """How many iterations an interval has: the distance between two checkpoints."""
        return interval_iterations(len(self.agents))

    @property
    def read_by_others(self) -> tuple[int, ...]:
        """The indices of the agents whose records others read: massive, or somebody's primary."""
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
        listed = fields["agents"]
        if not isinstance(listed, list):
            raise ScenarioError("agents", "must be a list of agents.")
        _check_count(len(listed))
        agents = tuple(Agent.from_json(agent, f"agents[{i}]") for i, agent in enumerate(listed))
        return cls(agents, fields["dt_min"], fields["dt_span"], fields["epsilon"])

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical)


def _check_count(agents: int) -> None:
    if not 1 <= agents <= MAX_AGENTS:
        raise ScenarioError("agents", f"must be 1 to {MAX_AGENTS}, not {agents}.")


def _checked_agents(agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Return the agents with floats for numbers, every rule checked that needs no clock."""
    _check_count(len(agents))
    checked = tuple(_checked_agent(agent, f"agents[{i}]") for i, agent in enumerate(agents))
    first: dict[str, int] = {}
    for i, agent in enumerate(checked):
        if first.setdefault(agent.name, i) != i:
            where = f"agents[{first[agent.name]}]"
            raise ScenarioError(f"agents[{i}].name", f"is the same as that of {where}.")
    for i, agent in enumerate(checked):
        if agent.primary is not None and (
            agent.primary not in first or agent.primary == agent.name
        ):
            raise ScenarioError(f"agents[{i}].primary", "must be the name of another agent.")
    return checked


def _checked_agent(agent: Agent, where: str) -> Agent:
    state = State(
        **{
            attr: number_of(getattr(agent.state, attr), f"{where}.{name}")
            for name, attr in _STATE_FIELDS.items()
        }
    )
    if state.time != 0:
        # An agent that starts after the first record has ended could never read itself.
        raise ScenarioError(f"{where}.time", "must be 0: all agents start together.")
    if agent.name == "__proto__":
        # A script's object literal takes it for the prototype: data.js would lack the agent.
        raise ScenarioError(
            f"{where}.name", "can't be __proto__, which JavaScript keeps for itself."
        )
    primary = None if agent.primary is None else name_of(agent.primary, f"{where}.primary")
    return Agent(
        name_of(agent.name, f"{where}.name"), number_of(agent.mu, f"{where}.mu"), state, primary
    )


def _check_clocks(scenario: Scenario) -> None:
    """Check that every step is long enough to be read by, and short enough to be told from 0."""
    epsilon, dt_min, dt_span = scenario.epsilon, scenario.dt_min, scenario.dt_span
    if epsilon <= 0:
        raise ScenarioError("epsilon", "must be above 0.")
    if dt_span < 0:
        raise ScenarioError("dt_span", "must be at least 0.")
    if dt_min < 2 * epsilon:
        raise ScenarioError("dt_min", f"must be at least 2*epsilon, that is {2 * epsilon!r}.")
    for i, agent in enumerate(scenario.agents):
        if agent.state.time_step < 2 * epsilon:
            raise ScenarioError(
                f"agents[{i}].timeStep",
                f"of {agent.name} must be at least 2*epsilon, that is {2 * epsilon!r}.",
            )
    longest = max(dt_min + dt_span, *(agent.state.time_step for agent in scenario.agents))
    if epsilon < 1e-6 * longest:
        # A smaller one would be lost in t - epsilon as clocks grow, and all would wait for ever.
        raise ScenarioError(
            "epsilon", f"must be at least 1e-6 of the longest step, that is {1e-6 * longest!r}."
        )


NANO: Final = Scenario(
    agents=(
        Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0)),
        Agent("Satellite", 0.0, State(0.0, 0.01, 0.0, 1.0, 1.0, 0.0)),
    ),
    dt_min=0.01,
    dt_span=0.09,
    epsilon=0.001,
)
"""The default scenario: a planet, and a massless satellite that orbits it until it is ejected."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Everything that determines the records: a scenario and the seed of its clocks."""

    scenario: Scenario = NANO
    seed: int = 0

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < SEED_LIMIT:
            raise RequestError("seed", "must be a whole number from 0 to 9,007,199,254,740,991.")

    @property
    def digest(self) -> str:
        """16 hex digits that name the trajectory: the beginning of a SHA-256 (docs/adr/0002)."""
        # The canonical JSON of members, model, scenario and seed, whose keys come in this order.
        identity = (
            f'{{"members":1,"model":"{MODEL_VERSION}",'
            f'"scenario":{self.scenario.canonical},"seed":{self.seed}}}'
        )
        return hashlib.sha256(identity.encode()).hexdigest()[:16]

    @property
    def interval(self) -> int:
        """How many iterations an interval of this trajectory has."""
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
        """Whether this is the trajectory that a bare step count asks for."""
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
        """The name under which the result is known: the step count, and if need be a digest."""
        if self.trajectory.is_default:
            return str(self.steps)
        return f"{self.steps}-{self.trajectory.digest}"

    def to_json(self) -> dict[str, object]:
        """Return the request as the HTTP interface takes it."""
        return {"steps": self.steps, "members": self.members, **self.trajectory.to_json()}
