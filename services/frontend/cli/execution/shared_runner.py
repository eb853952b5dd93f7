"""Has a runner compute a propagation, through the Redis and Dask that are configured."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click
import orjson

from frontend.bootstrap import build_services
from frontend.cli.progress_bar import Progress
from frontend.errors import FrontendError
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from frontend.bootstrap import Services
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["ensemble", "propagation"]


def ensemble(
    settings: Settings, request: PropagationRequest, *, keep_members: bool
) -> tuple[dict[str, Any], Iterator[pa.RecordBatch]]:
    """Join the run that a page would join; return summary and rows; raises FrontendError.

    Rows are read as they are wanted, which may raise FrontendError too.
    """
    with ExitStack() as stack:
        services = build_services(settings)
        stack.callback(services.close)
        resource = services.propagations.start(request, retry=True)
        if not resource.status.is_over:
            _follow(services, request)
            resource = services.propagations.find(request) or resource
        document = services.ensembles.summary(request)
        if document is None:
            detail = resource.error.detail if resource.error else "Its result was removed."
            raise FrontendError(detail)
        if not keep_members:
            return orjson.loads(document), iter(())
        rows = services.ensembles.table(request)
        return orjson.loads(document), _with(stack.pop_all(), rows)


def _with(stack: ExitStack, rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows; after the last one, close what they are read with."""
    with stack:
        yield from rows


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
        Progress.of(request.members if request.is_ensemble else request.steps, "waiting") as bar,
        services.hub.subscribe(request.digest, propagation_id=request.id) as events,
    ):
        said = None
        for event in events:
            if event.name == "done" or (event.name == "status" and event.run is None):
                return
            if event.run is not None:
                resource = services.propagations.resource_for(request, event.run)
                if resource.status.is_over:  # before this command followed it
                    return
                bar.relabel(resource.status.value)
                bar.reach(resource.progress.done)
                if resource.error is not None and resource.error.detail != said:
                    said = resource.error.detail
                    click.echo(said, err=True)
