"""The errors of the propagation engine, as one tree; each carries its data and reads as a sentence.

SimError
├── ScenarioError (ValueError)     the scenario breaks a rule; `where` names the field
├── RequestError (ValueError)      steps, seed, member or members are not valid; see `where`
├── PropagationFailed              the trajectory ends before the steps asked for; `failure`
├── OutputError                    a file or folder can't be written; `path`, `reason`
├── IntegrityError                 bytes or a slice are not those that were computed; `what`
└── ClusterError                   a cluster failed
    ├── ClusterStartError          no cluster could be started
    ├── ClusterLostError           its scheduler or its workers were lost
    └── StretchDeadlineError       a stretch took longer than its deadline

All of them can be pickled, since workers send them to the driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "ClusterError",
    "ClusterLostError",
    "ClusterStartError",
    "Failure",
    "FailureReason",
    "IntegrityError",
    "OutputError",
    "PropagationFailed",
    "RequestError",
    "ScenarioError",
    "SimError",
    "StretchDeadlineError",
]


class SimError(Exception):
    """The base class of errors with a message for a person."""


class _InvalidInputError(SimError, ValueError):
    """Input that breaks a rule: `where` is the path of the field, `problem` the rule."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where} {self.problem}"


class ScenarioError(_InvalidInputError):
    """A scenario that breaks a rule; `where` is a path such as `agents[1].mu`."""


class RequestError(_InvalidInputError):
    """A request whose `steps`, `seed`, `member` or `members` (see `where`) is not valid."""


class FailureReason(StrEnum):
    """Why a trajectory ends: the three outcomes after which no iteration is possible."""

    COLLISION = "collision"
    """r3 == 0 between the agent and a massive agent, which the failure names second."""
    DIVERGENCE = "divergence"
    """The agent's new state contains a number that is not finite."""
    STANDSTILL = "standstill"
    """No agent steps: each waits for another, now and in every later iteration."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why a trajectory ends.

    `iteration` is the number of good iterations: the index (from 0) of the one that fails, and
    the largest step count of this trajectory that succeeds.
    """

    iteration: int
    agents: tuple[str, ...]
    reason: FailureReason

    @property
    def sentence(self) -> str:
        """A description for a person."""
        what = {
            FailureReason.COLLISION: "{} meet (r3 == 0)",
            FailureReason.DIVERGENCE: "the state of {} stops being finite",
            FailureReason.STANDSTILL: "nobody can step: {} wait for one another",
        }[self.reason].format(" and ".join(self.agents))
        iterations = f"{self.iteration} iteration{'s' * (self.iteration != 1)}"
        return f"The trajectory ends after {iterations}: in the next, {what}."

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads, and the sentence, for clients that cannot compute it."""
        return {
            "iteration": self.iteration,
            "agents": list(self.agents),
            "reason": str(self.reason),
            "sentence": self.sentence,
        }

    @classmethod
    def from_json(cls, value: object) -> Failure:
        """Read what `to_json` returned; raise IntegrityError for anything else."""
        match value:
            case {
                "iteration": int(iteration),
                "agents": [*agents],
                "reason": "collision" | "divergence" | "standstill" as reason,
            } if iteration >= 0 and all(isinstance(agent, str) for agent in agents):
                return cls(iteration, tuple(agents), FailureReason(reason))
        raise IntegrityError("a failure's JSON lacks its iteration, agents or reason")


class PropagationFailed(SimError):
    """A trajectory that ends before the steps asked for; `failure` says where and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return self.failure.sentence


class OutputError(SimError):
    """A file or folder that can't be written; `reason` is the system's."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} can't be written: {self.reason}."


class IntegrityError(SimError):
    """Stored or received data that is not what was computed; `what` names it and the fault."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class ClusterError(SimError):
    """A cluster that failed."""


class ClusterStartError(ClusterError):
    """A cluster that could not be started."""


class ClusterLostError(ClusterError):
    """A cluster whose scheduler or workers were lost while it was in use."""


class StretchDeadlineError(ClusterError):
    """A stretch that took longer than its deadline; `first` is its first interval."""

    def __init__(self, first: int, deadline_s: float) -> None:
        super().__init__(first, deadline_s)
        self.first = first
        self.deadline_s = deadline_s

    def __str__(self) -> str:
        return (
            f"The stretch from interval {self.first} on did not come in within "
            f"{self.deadline_s:g} seconds."
        )
