"""The inputs of a propagation: trajectories and requests, with their identity.

Guarantees:

- Two values are equal if, and only if, they have the same bits.
- A trajectory's digest and a request's id depend only on canonical JSON (docs/adr/0002).
- `from_json` raises ScenarioError (or RequestError) for anything that `to_json` does not return.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from sim.errors import Failure, FailureReason, RequestError
from sim.models.agent_rules import MAX_AGENTS
from sim.models.model import MAX_STEPS, Scenario
from sim.models.nano.agent import Agent, State
from sim.models.nano.scenario import NANO, NanoScenario
from sim.models.table import read_scenario
from sim.strictjson import canonical_json, fields_of

__all__ = [
    "MAX_AGENTS",
    "MAX_STEPS",
    "MEMBER_LIMIT",
    "NANO",
    "SEED_LIMIT",
    "Agent",
    "Failure",
    "FailureReason",
    "NanoScenario",
    "PropagationRequest",
    "Scenario",
    "State",
    "Trajectory",
    "canonical_json",
    "read_scenario",
]

SEED_LIMIT: Final = 2**53
"""Seeds are below it: larger integers lose bits as JSON numbers (RFC 8259, section 6)."""
MEMBER_LIMIT: Final = SEED_LIMIT
"""Numbers of members are below it, for the same reason."""
_TRAJECTORY_FIELDS: Final = frozenset({"scenario", "seed"})
_OPTIONAL_TRAJECTORY_FIELDS: Final = frozenset({"member"})


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Everything that determines the records: a scenario, and the seed of its time steps.

    A seed has many members, with time steps of their own; member 0 is what a seed alone means.
    """

    scenario: Scenario = NANO
    seed: int = 0
    member: int = 0

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < SEED_LIMIT:
            raise RequestError("seed", "must be a whole number from 0 to 9,007,199,254,740,991.")
        if type(self.member) is not int or not 0 <= self.member < MEMBER_LIMIT:
            raise RequestError("member", "must be a whole number from 0 to 9,007,199,254,740,991.")
        if self.member and not self.scenario.model.is_random:
            raise RequestError(
                "member",
                "must be 0: nothing in this scenario is random, so all its members are the same.",
            )

    @property
    def digest(self) -> str:
        """16 hex digits that identify the trajectory: the start of a SHA-256 (docs/adr/0002)."""
        # The canonical JSON of member (unless it is 0), members, model, scenario and seed: keys
        # are sorted.
        member = f'"member":{self.member},' if self.member else ""
        identity = (
            f'{{{member}"members":1,"model":"{self.scenario.model.version}",'
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
    def shows_seed(self) -> bool:
        """Whether the seed is worth a word: it determines something, or is not the default."""
        return self.scenario.model.is_random or self.seed != 0

    @property
    def is_default(self) -> bool:
        """Whether this is the trajectory of a request with only a step count."""
        return self == Trajectory()

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads."""
        member = {"member": self.member} if self.member else {}
        return {"scenario": self.scenario.to_json(), "seed": self.seed, **member}

    @classmethod
    def from_json(cls, value: object) -> Trajectory:
        """Read a trajectory from parsed JSON."""
        fields = fields_of(
            value, "trajectory", _TRAJECTORY_FIELDS, optional=_OPTIONAL_TRAJECTORY_FIELDS
        )
        scenario = read_scenario(fields["scenario"])
        return cls(scenario, fields["seed"], fields.get("member", 0))


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
