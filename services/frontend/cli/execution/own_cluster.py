"""Computes a propagation on a cluster that is started for it, and stopped after it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from frontend.cli.execution.order_steps import steps_of
from frontend.cli.progress_bar import Progress
from frontend.runner.dask_backend import backend_of, wait_for_a_worker
from sim.cluster import LocalBackend
from sim.driver import export_on, propagate_on
from sim.engine import Propagation, initial_checkpoint, warm
from sim.engine.watch import Watch
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from frontend.settings import Settings
    from sim.cluster import Backend, Cluster
    from sim.engine import Stretch
    from sim.export.folder import ExportFolder
    from sim.scenario import PropagationRequest

__all__ = ["export_parts", "propagation"]

TAG: Final = "command-line"

T = TypeVar("T")


class _Enough(Exception):
    """The stretches hold what an order has come to."""


def propagation(settings: Settings, request: PropagationRequest, workers: int) -> Propagation:
    """Return the propagation, computed on `workers` workers; raises SimError."""
    return _run(settings, _propagate(settings, request, workers))


def export_parts(settings: Settings, folder: ExportFolder, workers: int) -> None:
    """Have workers write the Parquet parts that a folder lacks; raises SimError."""
    _run(settings, _export(settings, folder, workers))


def _run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    if not settings.has_dask:
        warm()  # here, where Ctrl-C can interrupt it: the workers load what this process compiles
    return asyncio.run(work)


async def _propagate(settings: Settings, request: PropagationRequest, workers: int) -> Propagation:
    trajectory = request.trajectory
    stretches: list[Stretch] = []
    with Progress.of(request.steps, "starting a cluster") as bar:
        watch = Watch(trajectory, request.condition) if isinstance(request, Order) else None

        async def keep(stretch: Stretch, _data: bytes) -> None:
            stretches.append(stretch)
            bar.reach(min(stretch.tail.iteration, request.steps))
            if watch is not None and await asyncio.to_thread(watch.see, stretch) is not None:
                raise _Enough

        async def ignore(_slices: list[tuple[int, bytes]]) -> None:
            pass

        async with _cluster(settings, workers) as cluster:
            bar.relabel("propagating")
            with suppress(_Enough):
                await propagate_on(
                    cluster.client,
                    trajectory,
                    start=initial_checkpoint(trajectory.scenario),
                    first_interval=0,
                    until_interval=trajectory.intervals_for(request.steps),
                    slice_budget=0,
                    on_stretch=keep,
                    on_slices=ignore,
                    deadline_s=settings.stretch_deadline_s,
                )
    steps = request.steps
    if isinstance(request, Order) and watch is not None:
        steps = steps_of(request, stretches, watch)
    return Propagation.open(trajectory, steps, stretches)


async def _export(settings: Settings, folder: ExportFolder, workers: int) -> None:
    with Progress.of(folder.request.steps, "starting a cluster") as bar:

        async def show(iterations: int) -> None:
            bar.reach(iterations)

        async with _cluster(settings, workers) as cluster:
            bar.relabel("writing")
            await export_on(
                cluster.client,
                folder,
                on_progress=show,
                deadline_s=settings.stretch_deadline_s,
            )


@asynccontextmanager
async def _cluster(settings: Settings, workers: int) -> AsyncIterator[Cluster]:
    """Start a cluster on the configured Dask, else one of processes on this machine."""
    start_s = settings.cluster_timeout_s
    backend: Backend = backend_of(settings) if settings.has_dask else LocalBackend(start_s=start_s)
    try:
        async with backend.open(tag=f"{TAG}/{secrets.token_hex(8)}", workers=workers) as cluster:
            await wait_for_a_worker(cluster.arrived, start_s)
            yield cluster
    except asyncio.CancelledError:
        logging.disable()  # Ctrl-C: what Dask's tasks say of their end is of no interest
        raise
