"""How large a request may be: steps, and work. What is larger is refused with what would fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.cost_model import work
from sim.errors import LimitError
from sim.models.model import MAX_STEPS

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["DEFAULT_MAX_STEPS", "DEFAULT_MAX_WORK", "Limits", "shown_steps"]

DEFAULT_MAX_STEPS: Final = 100_000_000
"""The most steps of a request, where nothing else is set."""
DEFAULT_MAX_WORK: Final = 10_000_000_000
"""The most work of a request, where nothing else is set; `sim.cost_model.work` has its unit."""

_SHOWN_STEPS: Final = 10**16  # larger numbers are shown as 1e+99


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest request that is accepted."""

    max_steps: int = DEFAULT_MAX_STEPS
    max_work: int = DEFAULT_MAX_WORK

    def steps_of(self, scenario: Scenario) -> int:
        """Return how many steps of a scenario are allowed; 0 where not even one is."""
        return min(self.max_steps, int(self.max_work // work(1, scenario)))

    def check_steps(self, steps: int) -> None:
        """Raise LimitError for so many steps, if they are none or too many."""
        if steps < 1:
            raise LimitError(
                f"The number of steps must be a whole number from 1 to {self.max_steps:,}, not "
                f"{steps}."
            )
        if steps > self.max_steps:
            raise LimitError(
                f"The number of steps, {shown_steps(steps)}, is too large: the largest allowed is "
                f"{self.max_steps:,}."
            )

    def check(self, request: PropagationRequest) -> PropagationRequest:
        """Return the request; raises LimitError where it is too large."""
        self.check_steps(request.steps)
        steps, members, scenario = request.steps, request.members, request.trajectory.scenario
        needed = work(steps, scenario, members)
        if needed > self.max_work:
            of = f"{_count(members, 'member')} of " if members > 1 else ""
            raise LimitError(
                f"{of}{_count(steps, 'step')} of this scenario are {needed:.3g} units of work, "
                f"more than the {self.max_work:.3g} that are allowed; {self._fitting(request)}."
            )
        return request

    def check_time(self, scenario: Scenario, time: float) -> None:
        """Raise LimitError for a time to reach that takes more steps than are allowed."""
        allowed, fewest = self.steps_of(scenario), scenario.fewest_steps_until(time)
        if fewest <= allowed:
            return
        # At MAX_STEPS the bound is cut off: how many it takes is not known then.
        takes = (
            "more steps of this scenario than"
            if fewest >= MAX_STEPS
            else f"at least {fewest:.3g} steps of this scenario, more than"
        )
        raise LimitError(
            f"The time {time:g} takes {takes} the {allowed:,} that are allowed; ask for an earlier "
            "time."
        )

    def _fitting(self, request: PropagationRequest) -> str:
        """Return what would fit, of a request that is too large."""
        scenario = request.trajectory.scenario
        steps = self._most(work(1, scenario, request.members))
        members = self._most(work(request.steps, scenario)) if request.is_ensemble else 0
        fitting = []
        if members > 1:
            fitting.append(f"with so many steps at most {members:,} members would fit")
        if steps:
            of = "with so many members " if request.is_ensemble else ""
            fitting.append(f"{of}at most {_count(steps, 'step')} would fit")
        return ", and ".join(fitting) or "ask for fewer agents"

    def _most(self, each: float) -> int:
        """Return how many of these, of so much work each, are allowed."""
        most = int(self.max_work // each)
        return most if most * each <= self.max_work else most - 1


def shown_steps(steps: int) -> str:
    """Return a number of steps for a sentence: in full, or shortened where it is huge."""
    return f"{steps:,}" if steps < _SHOWN_STEPS else f"{steps:.3g}"


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'s' * (number != 1)}"
