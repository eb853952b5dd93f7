"""Which requests are answered at once, by the process that is asked, without a run (ADR 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.cost_model import work

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest

__all__ = ["InlineRule", "is_bulky"]

STORED_AGENTS: Final = 12  # whose manifest has some 16 KB; that of 1,000 agents has 1.3 MB


@dataclass(frozen=True, slots=True)
class InlineRule:
    """The rule; `allowed_work` is `PORTA_INLINE_WORK`, in steps of two agents."""

    allowed_work: int

    def covers(self, request: PropagationRequest, intervals: int = 0) -> bool:
        """Whether what remains of a request beyond `intervals` stored ones is computed at once.

        Beyond a stored trajectory that is up to one interval; without one, the allowed work.
        """
        interval = request.trajectory.interval
        remaining = request.steps - intervals * interval
        if remaining <= 0 or work(remaining, request.trajectory.scenario) <= self.allowed_work:
            return True
        return self.allowed_work > 0 and intervals > 0 and remaining < interval


def is_bulky(request: PropagationRequest) -> bool:
    """Whether a manifest is too long to be stored where it is soon made again."""
    return len(request.trajectory.scenario.agents) > STORED_AGENTS
