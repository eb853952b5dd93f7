"""The errors of the propagation engine, as one tree; each carries its data and reads as a sentence.

SimError
├── ScenarioError (ValueError)     the scenario breaks a rule; `where` names the field
├── RequestError (ValueError)      steps, seed, member or members are not valid; see `where`
├── LimitError (ValueError)        the request is larger than what is allowed
├── PropagationFailed              the trajectory ends before the steps asked for; `failure`
├── OutputError                    a file or folder can't be written; `path`, `reason`
├── VerificationError              something that can't be verified; `what`, `reason`
│   └── DamagedError               since it is no longer what was written
├── IntegrityError                 bytes or a slice are not those that were computed; `what`
└── ClusterError                   a cluster failed
    ├── ClusterStartError          no cluster could be started
    │   └── ClusterTimeoutError    it was not ready in time
    ├── ClusterLostError           its scheduler or its workers were lost
    ├── StretchDeadlineError       a stretch took longer than its deadline
    └── BlockDeadlineError         a block of members took longer than its deadline

All of them can be pickled, since workers send them to the driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "BlockDeadlineError",
    "ClusterError",
    "ClusterLostError",
    "ClusterStartError",
    "ClusterTimeoutError",
    "DamagedError",
    "Failure",
    "FailureReason",
    "IntegrityError",
    "LimitError",
    "OutputError",
    "PropagationFailed",
    "RequestError",
    "ScenarioError",
    "SimError",
    "StretchDeadlineError",
    "VerificationError",
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


class LimitError(SimError, ValueError):
    """A request that is larger than what is allowed; the sentence says what would fit."""


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
        agents, step = " and ".join(self.agents), f"step {self.iteration + 1:,}"
        match self.reason:
            case FailureReason.COLLISION:
                return f"{agents} collide at {step}."
            case FailureReason.DIVERGENCE:
                return f"The state of {agents} stops being finite at {step}."
            case FailureReason.STANDSTILL:
                return f"No agent can step at {step}: {agents} wait for one another."

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


class VerificationError(SimError):
    """Something that can't be verified, right or wrong; `reason` says why, and what to do."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} {self.reason}"


class DamagedError(VerificationError):
    """Something that is no longer what was written: truncated, or altered beyond reading."""


class IntegrityError(SimError):
    """Stored or received data that is not what was computed; `what` names it and the fault."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class ClusterError(SimError):
    """A cluster that failed."""


class ClusterStartError(ClusterError):
    """A cluster that could not be started."""


class ClusterTimeoutError(ClusterStartError):
    """A cluster that was not ready in time, or had no worker: it may have found no room."""


class ClusterLostError(ClusterError):
    """A cluster whose scheduler or workers were lost while it was in use."""


class _DeadlineError(ClusterError):
    """What did not come in within its deadline; `first` is where it begins."""

    what = ""

    def __init__(self, first: int, deadline_s: float) -> None:
        super().__init__(first, deadline_s)
        self.first = first
        self.deadline_s = deadline_s

    def __str__(self) -> str:
        return (
            f"The {self.what} {self.first} on did not come in within {self.deadline_s:g} seconds."
        )


class StretchDeadlineError(_DeadlineError):
    """A stretch that took longer than its deadline; `first` is its first interval."""

    what = "stretch from interval"


class BlockDeadlineError(_DeadlineError):
    """A block that took longer than its deadline; `first` is its first member."""

    what = "block from member"
