"""Computes a propagation on a cluster that is started for it, and stopped after it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from frontend.cli.progress_bar import Progress
from frontend.runner.dask_backend import backend_of, wait_for_a_worker
from sim.cluster import LocalBackend
from sim.driver import compute_on, export_on, gather_on
from sim.engine import warm
from sim.ensemble.warming import warm_ensembles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from frontend.settings import Settings
    from sim.cluster import Backend, Cluster
    from sim.engine import Propagation
    from sim.ensemble.computed import ComputedEnsemble
    from sim.export.folder import ExportFolder
    from sim.scenario import PropagationRequest

__all__ = ["ensemble", "export_parts", "propagation"]

TAG: Final = "command-line"

T = TypeVar("T")


def propagation(settings: Settings, request: PropagationRequest, workers: int) -> Propagation:
    """Return the propagation, computed on `workers` workers; raises SimError."""
    return _run(settings, _propagate(settings, request, workers))


def ensemble(
    settings: Settings, request: PropagationRequest, workers: int, *, keep_members: bool
) -> ComputedEnsemble:
    """Return an ensemble, computed on `workers` workers; raises SimError."""
    if not settings.has_dask:
        warm_ensembles()  # as `_run` warms the others
    return _run(settings, _ensemble(settings, request, workers, keep_members=keep_members))


def export_parts(settings: Settings, folder: ExportFolder, workers: int) -> None:
    """Have workers write the Parquet parts that a folder lacks; raises SimError."""
    _run(settings, _export(settings, folder, workers))


def _run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    if not settings.has_dask:
        warm()  # here, where Ctrl-C can interrupt it: the workers load what this process compiles
    return asyncio.run(work)


async def _propagate(settings: Settings, request: PropagationRequest, workers: int) -> Propagation:
    with Progress.of(request.steps, "starting a cluster") as bar:
        async with _cluster(settings, workers) as cluster:
            bar.relabel("propagating")
            gathering = await gather_on(
                cluster.client,
                request,
                deadline_s=settings.stretch_deadline_s,
                held_bytes=0,  # no figure is drawn, so nothing is held for one
                on_progress=bar.reach,
            )
    return gathering.open().propagation


async def _ensemble(
    settings: Settings, request: PropagationRequest, workers: int, *, keep_members: bool
) -> ComputedEnsemble:
    with Progress.of(request.members, "starting a cluster") as bar:
        async with _cluster(settings, workers) as cluster:
            bar.relabel("propagating")
            return await compute_on(
                cluster.client,
                request,
                deadline_s=settings.stretch_deadline_s,
                threads=workers,
                keep_members=keep_members,
                on_progress=bar.reach,
            )


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
