"""Computes a propagation in this process, without Redis and without Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.cli.execution.order_steps import steps_of
from frontend.cli.progress_bar import Progress
from sim.cost_model import stretch_intervals
from sim.engine import Propagation, initial_checkpoint, pass_over
from sim.engine.watch import Watch
from sim.order import Order

if TYPE_CHECKING:
    from sim.engine import Stretch
    from sim.scenario import PropagationRequest

__all__ = ["propagation"]


def propagation(request: PropagationRequest) -> Propagation:
    """Return the propagation, computed stretch by stretch so that progress can be shown.

    Of an order, that which it comes to.
    """
    trajectory = request.trajectory
    stretches: list[Stretch] = []
    interval = trajectory.interval
    coarsest = interval.bit_length() - 1  # no figure is drawn: a thousand agents take gigabytes
    start = initial_checkpoint(trajectory.scenario)
    watch = Watch(trajectory, request.condition) if isinstance(request, Order) else None
    with Progress.of(request.steps, "propagating") as bar:
        while (left := (request.steps - start.iteration) // interval) > 0:
            longest = stretch_intervals(trajectory.scenario, start.iteration // interval)
            stretch = pass_over(trajectory, start, min(left, longest))
            stretches.append(stretch.coarsened(coarsest))
            if stretch.failure is not None or (watch is not None and watch.see(stretch)):
                break
            start = stretch.tail
            bar.reach(start.iteration)
        steps = request.steps
        if isinstance(request, Order) and watch is not None:
            steps = steps_of(request, stretches, watch)
        opened = Propagation.open(trajectory, steps, stretches)
        bar.reach(request.steps)
    return opened
