"""A propagation in one call: computed in this process, stretch by stretch.

Guarantees: the same bits as `Propagation.open`. `on_progress` is called between stretches, which
take about a second, so there an exception of its own, or Ctrl-C, ends the computation.

>>> from sim.scenario import PropagationRequest
>>> compute(PropagationRequest(500)).propagation.records
805
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.cost_model import opened_level, stretch_intervals
from sim.engine.checkpoint import initial_checkpoint
from sim.engine.propagation import Propagation
from sim.engine.stretch import Stretch, pass_over
from sim.engine.watch import Watch
from sim.errors import LimitError, PropagationFailed
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.scenario import PropagationRequest

__all__ = [
    "HELD_BYTES",
    "ComputedPropagation",
    "Gathering",
    "compute",
    "not_reached",
    "steps_of",
]

HELD_BYTES: Final = 256 * 2**20
"""The most that a propagation holds in memory, unless its coarsest level takes more."""


@dataclass(frozen=True, slots=True, eq=False)
class ComputedPropagation:
    """A propagation; of an order, whether its condition was met, else None."""

    propagation: Propagation
    stopped: bool | None = None


class Gathering:
    """The stretches of a request, as they are integrated here or by workers, in order.

    It has the bits of `Propagation.open`, however they are divided. What is archived of them is
    coarsened to `held_bytes`.
    """

    def __init__(self, request: PropagationRequest, held_bytes: int = HELD_BYTES) -> None:
        trajectory = request.trajectory
        self._request = request
        self._least_level = opened_level(trajectory.scenario, request.steps, held_bytes)
        self._stretches = list[Stretch]()
        self._watch = Watch(trajectory, request.condition) if isinstance(request, Order) else None
        self.end = initial_checkpoint(trajectory.dispersed)
        self.is_over = False

    @property
    def reached(self) -> int:
        """How many of the steps there are."""
        return min(self.end.iteration, self._request.steps)

    @property
    def missing(self) -> int:
        """How many complete intervals are still wanted at most."""
        left = (self._request.steps - self.end.iteration) // self._request.trajectory.interval
        return 0 if self.is_over else max(0, left)

    def add(self, stretch: Stretch) -> None:
        """Take the next stretch; `is_over` where that answers an order, or the trajectory ends."""
        self._stretches.append(stretch.coarsened(self._least_level))
        answered = self._watch is not None and self._watch.see(stretch) is not None
        self.is_over = stretch.failure is not None or answered
        self.end = stretch.tail

    def open(self) -> ComputedPropagation:
        """Open the propagation, and integrate what is missing; raises as `compute` does."""
        request, steps, stopped = self._request, self._request.steps, None
        if isinstance(request, Order) and self._watch is not None:
            steps, stopped = steps_of(request, self._stretches, self._watch)
        opened = Propagation.open(
            request.trajectory, steps, self._stretches, least_level=self._least_level
        )
        return ComputedPropagation(opened, stopped)


def compute(
    request: PropagationRequest,
    *,
    held_bytes: int = HELD_BYTES,
    on_progress: Callable[[int], None] | None = None,
) -> ComputedPropagation:
    """Compute the propagation that a request asks for, or that an order comes to.

    `on_progress` is called with the number of iterations that are done. What is archived is
    coarsened to `held_bytes`. Raises PropagationFailed where the trajectory ends before, and
    LimitError for a time that the order's steps do not reach.
    """
    trajectory, gathering = request.trajectory, Gathering(request, held_bytes)
    while gathering.missing:
        start = gathering.end
        longest = stretch_intervals(trajectory.scenario, start.iteration // trajectory.interval)
        gathering.add(pass_over(trajectory, start, min(gathering.missing, longest)))
        if on_progress is not None and not gathering.is_over:
            on_progress(gathering.reached)
    return gathering.open()


def steps_of(order: Order, stretches: Sequence[Stretch], watch: Watch) -> tuple[int, bool]:
    """Return how many steps an order comes to, and whether its condition is met by then.

    `stretches` are what there is of its trajectory. Where that ends before, as many as it may take:
    opening them says why that fails. Raises LimitError for a time that the allowed steps do not
    reach.
    """
    for stretch in stretches:
        watch.see(stretch)
    if watch.steps is None:
        start = stretches[-1].tail if stretches else initial_checkpoint(order.trajectory.dispersed)
        try:
            watch.go_on(start, max(0, order.steps - start.iteration))
        except PropagationFailed:
            return order.steps, False
    if watch.steps is not None and watch.steps <= order.steps:
        return watch.steps, True
    if order.is_until:
        raise LimitError(not_reached(order))
    return order.steps, False


def not_reached(order: Order) -> str:
    """Return the sentence for a time that the allowed steps do not reach."""
    return (
        f"The agents' clocks do not reach that time within {order.steps:,} steps, the most that "
        "are allowed for this scenario; ask for an earlier time."
    )
