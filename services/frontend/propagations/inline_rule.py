"""Which requests are answered at once, by the process that is asked, without a run (ADR 97)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.cost_model import ensemble_seconds, opened_seconds, work

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["InlineRule", "is_bulky"]

STORED_AGENTS: Final = 12  # whose manifest has some 16 KB; that of 1,000 agents has 1.3 MB
WORK_S: Final = 2e-7  # the most seconds for each unit of work, ten times those of `nano`
LEAST_S: Final = 0.1  # what is kept of the first steps takes longer than the steps themselves


@dataclass(frozen=True, slots=True)
class InlineRule:
    """The rule; `allowed_work` is `PORTA_INLINE_WORK`, in steps of two agents.

    Many agents that attract nobody count as little work, but each of their steps takes its time and
    its memory; so the seconds by the table of costs are bounded too. That table is the same on
    every machine: so is the answer.
    """

    allowed_work: int

    def covers(self, request: PropagationRequest, intervals: int = 0) -> bool:
        """Whether what remains of a request beyond `intervals` stored ones is computed at once.

        Beyond a stored trajectory that is up to one interval; without one, the allowed work.
        """
        interval = request.trajectory.interval
        remaining = request.steps - intervals * interval
        if remaining <= 0 or self._is_small(request, remaining):
            return True
        return self.allowed_work > 0 and intervals > 0 and remaining < interval

    def steps(self, scenario: Scenario) -> int:
        """Return how many steps from its start a trajectory is computed at once."""
        by_work = int(self.allowed_work // work(1, scenario))
        if opened_seconds(scenario, by_work) <= self._allowed_s:
            return by_work
        counts = range(by_work)
        return bisect_right(counts, self._allowed_s, key=lambda n: opened_seconds(scenario, n)) - 1

    @property
    def _allowed_s(self) -> float:
        return max(LEAST_S, self.allowed_work * WORK_S)

    def _is_small(self, request: PropagationRequest, steps: int) -> bool:
        scenario = request.trajectory.scenario
        if work(steps, scenario, request.members) > self.allowed_work:
            return False
        if request.is_ensemble:
            return ensemble_seconds(request) <= self._allowed_s
        return opened_seconds(scenario, steps) <= self._allowed_s


def is_bulky(request: PropagationRequest) -> bool:
    """Whether a manifest is too long to be stored where it is soon made again."""
    return len(request.trajectory.scenario.agents) > STORED_AGENTS
