"""Has a runner compute a propagation, through the Redis and Dask that are configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.bootstrap import build_services
from frontend.cli.progress_bar import Progress
from frontend.errors import FrontendError
from sim.order import Order

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["propagation"]


def propagation(settings: Settings, request: PropagationRequest) -> Propagation:
    """Join the run that a page would join, and wait for it; raises FrontendError."""
    services = build_services(settings)
    try:
        resource = services.propagations.start(request, retry=True)
        if not resource.status.is_over:
            _follow(services, request)
            resource = services.propagations.find(request) or resource
        if resource.error is not None:
            raise FrontendError(resource.error.detail)
        if isinstance(request, Order) and resource.steps is not None:
            request = request.answer(resource.steps)
        return services.propagations.open(request)
    finally:
        services.close()


def _follow(services: Services, request: PropagationRequest) -> None:
    """Show a run's progress until it is over."""
    if not services.runners.alive():
        raise FrontendError(
            "No runner is alive to execute this; start `porta runner`, or use --workers inline."
        )
    with (
        Progress.of(request.steps, "waiting") as bar,
        services.hub.subscribe(request.trajectory.digest, propagation_id=request.id) as events,
    ):
        for event in events:
            if event.name == "done" or (event.name == "status" and event.run is None):
                return
            if event.run is not None:
                resource = services.propagations.resource_for(request, event.run)
                bar.relabel(resource.status.value)
                bar.reach(resource.progress.done)
