"""The errors of the propagation engine, as one tree; each carries its data and reads as a sentence.

SimError
├── ScenarioError (ValueError)     the scenario breaks a rule; `where` names the field
├── RequestError (ValueError)      steps, seed or members make no sense; `where` names which
├── PropagationFailed              the trajectory ends before the steps asked for; `failure`
├── IntegrityError                 bytes or a slice are not what was computed; `what`
└── ClusterError                   the cluster did not do the work
    ├── ClusterStartError          it could not be had
    ├── ClusterLostError           it went away
    └── StretchDeadlineError       a stretch took longer than its deadline

All of them survive pickling, since they travel from workers to whoever asked.
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
    "PropagationFailed",
    "RequestError",
    "ScenarioError",
    "SimError",
    "StretchDeadlineError",
]


class SimError(Exception):
    """Whatever goes wrong in the engine and can be told to a person."""


class _InvalidInputError(SimError, ValueError):
    """Input that breaks a rule: `where` is the path of the field, `problem` what to change."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where} {self.problem}"


class ScenarioError(_InvalidInputError):
    """A scenario that breaks a rule; `where` is a path such as `agents[1].mu`."""


class RequestError(_InvalidInputError):
    """A request whose `steps`, `seed` or `members` (that is `where`) make no sense."""


class FailureReason(StrEnum):
    """Why a trajectory ends: the three things an iteration can't go on from."""

    COLLISION = "collision"
    """r3 == 0 between the agent and a massive one, the second that the failure names."""
    DIVERGENCE = "divergence"
    """The agent's new state has a number that is not finite."""
    STANDSTILL = "standstill"
    """No agent steps: each waits for another, and will in every iteration to come."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why a trajectory ends for good.

    `iteration` counts the good iterations, so it is also the number (from 0) of the one that
    fails, and the most steps that can be had of this trajectory.
    """

    iteration: int
    agents: tuple[str, ...]
    reason: FailureReason

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        what = {
            FailureReason.COLLISION: "{} meet (r3 == 0)",
            FailureReason.DIVERGENCE: "the state of {} stops being finite",
            FailureReason.STANDSTILL: "nobody can step: {} wait for one another",
        }[self.reason].format(" and ".join(self.agents))
        return f"The trajectory ends after {self.iteration} iterations: in the next, {what}."

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads, with the sentence for whoever can't compute it."""
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


class IntegrityError(SimError):
    """Stored or received data that is not what was computed; `what` says which and how."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class ClusterError(SimError):
    """A cluster that did not do the work it was given."""


class ClusterStartError(ClusterError):
    """A cluster that could not be had."""


class ClusterLostError(ClusterError):
    """A cluster that went away while it was needed."""


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
