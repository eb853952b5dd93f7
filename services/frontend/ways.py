"""The ways in which the command line comes to a propagation; the same bits on each.

It joins the run that a page would join, starts a cluster of its own, or does it in this process.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal

from frontend.backends import backend_of, wait_for_a_worker
from frontend.errors import FrontendError
from frontend.progress import Progress
from frontend.services import build_services
from sim.cluster import LocalBackend
from sim.driver import export_on, propagate_on
from sim.engine import Propagation, initial_checkpoint, pass_over
from sim.errors import SimError
from sim.plan import stretch_intervals, workers_for
from sim.schedule import interval_iterations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from frontend.services import Services
    from frontend.settings import Settings
    from frontend.terminal import Workers
    from sim.cluster import Backend, Cluster
    from sim.engine import Stretch
    from sim.model import PropagationRequest

__all__ = ["export_parts", "propagation"]

TAG: Final = "command-line"


def propagation(settings: Settings, request: PropagationRequest, workers: Workers) -> Propagation:
    """Return the propagation, computed in the way that `workers` says; raises FrontendError."""
    try:
        if isinstance(workers, int):
            return asyncio.run(_on_own_cluster(settings, request, workers))
        if workers == "auto" and settings.redis_location is not None and settings.has_dask:
            return _by_a_runner(settings, request)
        return _in_this_process(request)
    except SimError as error:
        raise FrontendError(str(error)) from error


def export_parts(
    settings: Settings,
    request: PropagationRequest,
    workers: int | Literal["auto"],
    directory: Path,
) -> int:
    """Write Parquet parts from workers into a folder that they share; return how many."""
    if workers == "auto":
        workers = workers_for(
            request.trajectory,
            request.steps,
            slice_budget_bytes=0,
            max_workers=settings.max_workers,
            export=True,
        )
    try:
        return asyncio.run(_export(settings, request, workers, directory))
    except SimError as error:
        raise FrontendError(str(error)) from error


def _in_this_process(request: PropagationRequest) -> Propagation:
    """Pass over it here, stretch by stretch, so that there is progress to be shown."""
    trajectory = request.trajectory
    stretches: list[Stretch] = []
    interval = interval_iterations(len(trajectory.scenario.agents))
    start, most = initial_checkpoint(trajectory.scenario), stretch_intervals(trajectory.scenario)
    with Progress.of(request.steps, "propagating") as shown:
        while (left := (request.steps - start.iteration) // interval) > 0:
            stretch = pass_over(trajectory, start, min(left, most))
            stretches.append(stretch)
            if stretch.failure is not None:
                break
            start = stretch.tail
            shown.reach(start.iteration)
        opened = Propagation.open(trajectory, request.steps, stretches)
        shown.reach(request.steps)
    return opened


async def _on_own_cluster(
    settings: Settings, request: PropagationRequest, workers: int
) -> Propagation:
    """Propagate on a cluster that is started for this, and stopped after it."""
    trajectory = request.trajectory
    stretches: list[Stretch] = []
    interval = interval_iterations(len(trajectory.scenario.agents))
    with Progress.of(request.steps, "starting a cluster") as shown:

        async def take(stretch: Stretch, _data: bytes) -> None:
            stretches.append(stretch)
            shown.reach(min(stretch.tail.iteration, request.steps))

        async def pass_by(_slices: list[tuple[int, bytes]]) -> None:
            pass

        async with _own_cluster(settings, workers) as cluster:
            shown.say("propagating")
            await propagate_on(
                cluster.client,
                trajectory,
                start=initial_checkpoint(trajectory.scenario),
                first_interval=0,
                until_interval=-(-request.steps // interval),
                slice_budget=0,
                on_stretch=take,
                on_slices=pass_by,
                deadline_s=settings.stretch_deadline_s,
            )
    return Propagation.open(trajectory, request.steps, stretches)


@asynccontextmanager
async def _own_cluster(settings: Settings, workers: int) -> AsyncIterator[Cluster]:
    """Start a cluster where the settings say, else of processes on this machine's cores."""
    backend: Backend = backend_of(settings) if settings.has_dask else LocalBackend()
    async with backend.open(tag=f"{TAG}/{secrets.token_hex(8)}", workers=workers) as cluster:
        await wait_for_a_worker(cluster.arrived, settings.cluster_timeout_s)
        yield cluster


def _by_a_runner(settings: Settings, request: PropagationRequest) -> Propagation:
    """Join the run that a page would join, and wait for it."""
    services = build_services(settings)
    try:
        resource = services.propagations.ask(request, retry=True)
        if not resource.status.is_over:
            _follow(services, request)
            resource = services.propagations.find(request) or resource
        if resource.error is not None:
            raise FrontendError(resource.error.detail)
        return services.propagations.open(request)
    finally:
        services.close()


def _follow(services: Services, request: PropagationRequest) -> None:
    """Show a run's progress until it is over."""
    if not services.runners.alive():
        raise FrontendError(
            "No runner is alive to take this up; start `porta runner`, or use --workers inline."
        )
    with (
        Progress.of(request.steps, "waiting") as shown,
        services.hub.subscribe(request.trajectory.digest, propagation_id=request.id) as events,
    ):
        for event in events:
            if event.name == "done" or (event.name == "status" and event.run is None):
                return
            if event.run is not None:
                resource = services.propagations.resource_for(request, event.run)
                shown.say(resource.status.value)
                shown.reach(resource.progress.done)


async def _export(
    settings: Settings, request: PropagationRequest, workers: int, directory: Path
) -> int:
    async with _own_cluster(settings, workers) as cluster:
        parts = await export_on(cluster.client, request.trajectory, request.steps, directory)
    return len(parts)
