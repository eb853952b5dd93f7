"""The inputs of a propagation: trajectories and requests, with their identity.

Guarantees:

- Two values are equal if, and only if, they have the same bits.
- A trajectory's digest and a request's id depend only on canonical JSON (docs/adr/0002).
- `from_json` raises ScenarioError (or RequestError) for anything that `to_json` does not return.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from sim.dispersion import NO_DISPERSION, Dispersion
from sim.errors import Failure, FailureReason, RequestError, ScenarioError
from sim.models.agent_rules import MAX_AGENTS
from sim.models.model import MAX_STEPS, Scenario
from sim.models.nano.agent import Agent, State
from sim.models.nano.scenario import NANO, NanoScenario
from sim.models.table import read_scenario
from sim.strictjson import canonical_json, fields_of

__all__ = [
    "MAX_AGENTS",
    "MAX_ANALYSED",
    "MAX_MEMBERS",
    "MAX_MEMBER_AGENTS",
    "MAX_STEPS",
    "MEMBER_LIMIT",
    "NANO",
    "NO_DISPERSION",
    "SEED_LIMIT",
    "Agent",
    "Dispersion",
    "Failure",
    "FailureReason",
    "NanoScenario",
    "PropagationRequest",
    "Scenario",
    "State",
    "Subject",
    "Trajectory",
    "agent_names",
    "canonical_json",
    "read_scenario",
]

SEED_LIMIT: Final = 2**53
"""Seeds are below it: larger integers lose bits as JSON numbers (RFC 8259, section 6)."""
MEMBER_LIMIT: Final = SEED_LIMIT
"""Numbers of members are below it, for the same reason."""
MAX_MEMBERS: Final = 1_000_000
"""The most members of an ensemble."""
MAX_MEMBER_AGENTS: Final = 10_000_000
"""The most agents of all members of an ensemble together."""
MAX_ANALYSED: Final = 16
"""The most agents of which an ensemble keeps statistics."""
_TRAJECTORY_FIELDS: Final = frozenset({"scenario", "seed"})
_OPTIONAL_TRAJECTORY_FIELDS: Final = frozenset({"member", "dispersion"})
_SUBJECT_FIELDS: Final = frozenset({"members", "agents"})


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Everything that determines the records: scenario, seed, member and dispersion.

    A seed has many members, with random numbers of their own: those of the time steps of `nano`,
    and those by which a dispersion moves the initial states. Member 0 is what a seed alone means.
    """

    scenario: Scenario = NANO
    seed: int = 0
    member: int = 0
    dispersion: Dispersion = NO_DISPERSION

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < SEED_LIMIT:
            raise RequestError("seed", "must be a whole number from 0 to 9,007,199,254,740,991.")
        if type(self.member) is not int or not 0 <= self.member < MEMBER_LIMIT:
            raise RequestError("member", "must be a whole number from 0 to 9,007,199,254,740,991.")
        if self.member and not self.is_random:
            raise RequestError(
                "member",
                "must be 0: nothing in this scenario is random, so all its members are the same. "
                "A dispersion makes them differ.",
            )
        if self.dispersion:
            self.dispersion.check(self.scenario)

    @property
    def is_random(self) -> bool:
        """Whether its members differ."""
        return self.scenario.model.is_random or bool(self.dispersion)

    @property
    def dispersed(self) -> Scenario:
        """The scenario with the initial states of this member: as the dispersion moves them."""
        if not self.dispersion:
            return self.scenario
        return self.dispersion.of_member(self.scenario, self.seed, self.member)

    @property
    def nominal(self) -> Trajectory:
        """Member 0 without a dispersion."""
        return Trajectory(self.scenario, self.seed)

    def of_member(self, member: int) -> Trajectory:
        """Return the trajectory of another member of the same seed and dispersion."""
        return replace(self, member=member)

    @property
    def digest(self) -> str:
        """16 hex digits that identify the trajectory: the start of a SHA-256 (docs/adr/0002)."""
        return _digest(self, 1)

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
    def shows_seed(self) -> bool:
        """Whether the seed is worth a word: it determines something, or is not the default."""
        return self.is_random or self.seed != 0

    @property
    def is_default(self) -> bool:
        """Whether this is the trajectory of a request with only a step count."""
        return self == Trajectory()

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads."""
        chosen: dict[str, object] = {"scenario": self.scenario.to_json(), "seed": self.seed}
        if self.member:
            chosen["member"] = self.member
        if self.dispersion:
            chosen["dispersion"] = self.dispersion.to_json()
        return chosen

    @classmethod
    def from_json(cls, value: object) -> Trajectory:
        """Read a trajectory from parsed JSON."""
        fields = fields_of(
            value, "trajectory", _TRAJECTORY_FIELDS, optional=_OPTIONAL_TRAJECTORY_FIELDS
        )
        scenario = read_scenario(fields["scenario"])
        dispersion = (
            Dispersion.from_json(fields["dispersion"], scenario)
            if "dispersion" in fields
            else NO_DISPERSION
        )
        return cls(scenario, fields["seed"], fields.get("member", 0), dispersion)


def _digest(trajectory: Trajectory, members: int, agents: tuple[str, ...] = ()) -> str:
    """Return the start of the SHA-256 of canonical JSON: keys are sorted, defaults left out."""
    scenario = trajectory.scenario
    parts = [
        *_optional_parts(trajectory, agents),
        f'"members":{members}',
        f'"model":"{scenario.model.version}"',
        f'"scenario":{scenario.canonical}',
        f'"seed":{trajectory.seed}',
    ]
    return hashlib.sha256(f"{{{','.join(parts)}}}".encode()).hexdigest()[:16]


def _optional_parts(trajectory: Trajectory, agents: tuple[str, ...]) -> list[str]:
    """Return the fields of canonical JSON that are left out where they are the default."""
    parts = []
    if agents:
        parts.append(f'"agents":{canonical_json(list(agents))}')
    if trajectory.dispersion:
        parts.append(f'"dispersion":{trajectory.dispersion.canonical}')
    if trajectory.member:
        parts.append(f'"member":{trajectory.member}')
    return parts


@dataclass(frozen=True, slots=True)
class PropagationRequest:
    """The first `steps` iterations of a trajectory or, with more `members`, of an ensemble.

    Of an ensemble, `trajectory` is that of member 0, and `agents` are those that are analysed:
    empty for the default, the first 16 that have a primary.

    >>> PropagationRequest(500).id
    '500'
    >>> PropagationRequest(500, Trajectory(seed=7)).id
    '500-5f1d470fe217f2f0'
    """

    steps: int
    trajectory: Trajectory = field(default_factory=Trajectory)
    members: int = 1
    agents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if type(self.steps) is not int or not 1 <= self.steps <= MAX_STEPS:
            raise RequestError("steps", "must be a whole number from 1 to 9,007,199,254,740,991.")
        if type(self.members) is not int or not 1 <= self.members <= MAX_MEMBERS:
            raise RequestError("members", f"must be a whole number from 1 to {MAX_MEMBERS:,}.")
        if self.is_ensemble:
            self._check_ensemble()
            object.__setattr__(self, "agents", self._chosen_agents())
        elif self.agents:
            raise RequestError(
                "agents", "chooses what an ensemble analyses; leave it out, or ask for members."
            )

    def _check_ensemble(self) -> None:
        scenario = self.trajectory.scenario
        if self.trajectory.member:
            raise RequestError("member", "names one run, so it can't go with several members.")
        if not self.trajectory.is_random:
            raise RequestError(
                "members",
                "must be 1: nothing in this scenario is random, so all its members are the same. "
                "A dispersion makes them differ.",
            )
        if not scenario.has_fixed_steps:
            raise RequestError(
                "members", "must be 1 with an integrator that chooses its steps; choose another."
            )
        if self.members * len(scenario.agents) > MAX_MEMBER_AGENTS:
            fitting = MAX_MEMBER_AGENTS // len(scenario.agents)
            raise RequestError(
                "members", f"must be at most {fitting:,} with {len(scenario.agents)} agents."
            )

    def _chosen_agents(self) -> tuple[str, ...]:
        """Return the agents in the scenario's order; none for the default."""
        scenario, agents = self.trajectory.scenario, self.agents
        orbiting = [
            name
            for name, primary in zip(scenario.names, scenario.orbited, strict=True)
            if primary is not None
        ]
        if len(agents) > MAX_ANALYSED:
            raise RequestError("agents", f"must be at most {MAX_ANALYSED} agents.")
        for name in agents:
            if name not in scenario.names:
                raise RequestError("agents", f"names no agent of the scenario: {name[:100]!r}.")
            if name not in orbiting:
                raise RequestError("agents", f"can't name {name}, which has no primary.")
        if len(set(agents)) != len(agents):
            raise RequestError("agents", "names an agent twice.")
        chosen = tuple(name for name in orbiting if name in agents)
        return () if chosen == tuple(orbiting[:MAX_ANALYSED]) else chosen

    @property
    def is_ensemble(self) -> bool:
        """Whether it has more than one member."""
        return self.members > 1

    @property
    def digest(self) -> str:
        """16 hex digits that identify all but the step count; of one member, its trajectory's."""
        if not self.is_ensemble:
            return self.trajectory.digest
        return _digest(self.trajectory, self.members, self.agents)

    @property
    def id(self) -> str:
        """The identifier of the result: the step count and, unless it is the default, a digest."""
        if self.is_default:
            return str(self.steps)
        return f"{self.steps}-{self.digest}"

    @property
    def analysed(self) -> tuple[int, ...]:
        """The indices of the agents of which an ensemble keeps statistics."""
        scenario = self.trajectory.scenario
        if self.agents:
            return tuple(scenario.names.index(name) for name in self.agents)
        orbiting = [i for i, primary in enumerate(scenario.orbited) if primary is not None]
        return tuple(orbiting[:MAX_ANALYSED])

    @property
    def is_default(self) -> bool:
        """Whether only a step count was asked for."""
        return not self.is_ensemble and self.trajectory.is_default

    def of_member(self, member: int) -> PropagationRequest:
        """Return the request for one member, as a run of its own."""
        return PropagationRequest(self.steps, self.trajectory.of_member(member))

    def to_json(self) -> dict[str, object]:
        """Return the request as the HTTP interface accepts it."""
        agents = {"agents": list(self.agents)} if self.agents else {}
        return {
            "steps": self.steps,
            "members": self.members,
            **agents,
            **self.trajectory.to_json(),
        }

    @property
    def subject(self) -> Subject:
        """All but the step count."""
        return Subject(self.trajectory, self.members, self.agents)


class Subject(NamedTuple):
    """All of a request but the step count: what its digest stands for.

    Of one member it is a trajectory, and has the trajectory's JSON.

    >>> Subject(Trajectory(seed=7)).request(500).id
    '500-5f1d470fe217f2f0'
    """

    trajectory: Trajectory
    members: int = 1
    agents: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """16 hex digits that identify it."""
        return self.request(1).digest

    @property
    def canonical(self) -> str:
        """Its canonical JSON, from that of its parts, which are written once."""
        trajectory = self.trajectory
        parts = _optional_parts(trajectory, self.agents)
        if self.members > 1:
            parts.append(f'"members":{self.members}')
        parts += [f'"scenario":{trajectory.scenario.canonical}', f'"seed":{trajectory.seed}']
        return f"{{{','.join(parts)}}}"

    def request(self, steps: int) -> PropagationRequest:
        """Return the request for so many steps; raises RequestError."""
        return PropagationRequest(steps, self.trajectory, self.members, self.agents)

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads."""
        chosen = self.trajectory.to_json()
        if self.members > 1:
            chosen["members"] = self.members
        if self.agents:
            chosen["agents"] = list(self.agents)
        return chosen

    @classmethod
    def from_json(cls, value: object) -> Subject:
        """Read a subject, or a trajectory, from parsed JSON; raises ScenarioError, RequestError."""
        if not isinstance(value, dict):
            raise ScenarioError("subject", "must be an object.")
        of_trajectory = {name: value[name] for name in value if name not in _SUBJECT_FIELDS}
        trajectory = Trajectory.from_json(of_trajectory)
        agents = agent_names(value["agents"]) if "agents" in value else ()
        return PropagationRequest(1, trajectory, value.get("members", 1), agents).subject


def agent_names(value: object) -> tuple[str, ...]:
    """Read the names of the agents that an ensemble analyses, at least one; raises RequestError."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ANALYSED:
        raise RequestError("agents", f"must be a list of 1 to {MAX_ANALYSED} names of agents.")
    if not all(isinstance(name, str) for name in value):
        raise RequestError("agents", "must be names of agents: texts.")
    return tuple(value)
