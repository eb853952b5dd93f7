"""What a request takes on a cluster: workers, seconds and core-seconds, told before it starts.

Guarantees: pure functions of the request, the table of costs and the speed that a machine was found
to have (`sim.calibration`). What is allowed never depends on the speed, nor does the number of
workers: the same request asks for as many everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.cost_model import (
    COSTS,
    ensemble_seconds,
    slice_seconds,
    sliced_intervals,
    workers_for,
    workers_for_ensemble,
)

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest

__all__ = ["LATE", "Estimate", "estimate"]

LATE: Final = 4
"""A run that takes so many times as long as was said is worth a word."""
_MANY: Final = 1_000_000  # workers: no limit


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request takes: `workers` that start anew, or none for an answer at once.

    `seconds` are from the request to its result, with the start of the workers; `core_seconds` are
    those of computation, on all cores together. Without `more_workers_help`, a run with more
    workers would end hardly sooner.
    """

    workers: int
    seconds: float
    core_seconds: float
    more_workers_help: bool

    def is_late(self, seconds: float) -> bool:
        """Whether a run that has taken so long has passed four times its estimate."""
        return seconds > LATE * self.seconds


def estimate(
    request: PropagationRequest,
    *,
    max_workers: int,
    workers: int | None = None,
    slice_budget_bytes: int = 0,
    export: bool = False,
    worker_cores: int = 1,
    speed: float = 1.0,
) -> Estimate:
    """Return what a request takes on a cluster of its own.

    With as many workers as it is worth, up to `max_workers`, or with exactly `workers`: 0 for this
    process, on `worker_cores` cores. `speed` is this machine's, in units of the table's.

    >>> from sim.scenario import PropagationRequest
    >>> estimate(PropagationRequest(100_000_000), max_workers=4)
    Estimate(workers=1, seconds=4.1, core_seconds=2.1, more_workers_help=False)
    """
    chain_s, parallel_s = _parts(request, slice_budget_bytes, export=export)

    def worth(most: int) -> int:
        if request.is_ensemble:
            return workers_for_ensemble(request, max_workers=most, worker_cores=worker_cores)
        return workers_for(
            request.trajectory,
            request.steps,
            slice_budget_bytes=slice_budget_bytes,
            max_workers=most,
            export=export,
        )

    used = worth(max_workers) if workers is None else workers
    total_s = chain_s + parallel_s
    lanes = max(1, used) * (worker_cores if request.is_ensemble or used == 0 else 1)
    busy_s = chain_s + parallel_s / lanes if request.is_ensemble else max(chain_s, total_s / lanes)
    start_s = COSTS.worker_start_s if used else 0.0
    return Estimate(
        workers=used,
        seconds=_rounded(start_s + busy_s / speed),
        core_seconds=_rounded(total_s / speed),
        more_workers_help=worth(_MANY) > used,
    )


def _rounded(seconds: float) -> float:
    """Return seconds to the millisecond, or two digits of less: what takes time is not 0."""
    return round(seconds, 3) or float(f"{seconds:.2g}")


def _parts(
    request: PropagationRequest, slice_budget_bytes: int, *, export: bool
) -> tuple[float, float]:
    """Return the seconds that one core at most can work on, and those that many can share."""
    scenario, steps = request.trajectory.scenario, request.steps
    chain_s = scenario.pass_seconds(steps)
    if request.is_ensemble:
        return chain_s, ensemble_seconds(request) - chain_s  # the nominal trajectory comes first
    intervals = request.trajectory.intervals_for(steps)
    made = intervals if export else sliced_intervals(scenario, intervals, slice_budget_bytes)
    return chain_s, made * slice_seconds(scenario, export=export)
