"""After how many steps an order ends whose trajectory this command has integrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.errors import FrontendError
from frontend.propagations.orders import not_reached
from sim.engine import initial_checkpoint
from sim.errors import PropagationFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine import Stretch
    from sim.engine.watch import Watch
    from sim.order import Order

__all__ = ["steps_of"]


def steps_of(order: Order, stretches: Sequence[Stretch], watch: Watch) -> int:
    """Return how many steps an order comes to; `stretches` are what there is of its trajectory.

    Where the trajectory ends before, as many as it may take: opening them says why that fails.
    Raises FrontendError for a time that the allowed steps do not reach.
    """
    for stretch in stretches:
        watch.see(stretch)
    if watch.steps is None:
        start = stretches[-1].tail if stretches else initial_checkpoint(order.trajectory.scenario)
        try:
            watch.go_on(start, max(0, order.steps - start.iteration))
        except PropagationFailed:
            return order.steps
    if watch.steps is not None and watch.steps <= order.steps:
        return watch.steps
    if order.is_until:
        raise FrontendError(not_reached(order))
    return order.steps
