"""Chooses how the command line computes a propagation; the result has the same bits each way.

It joins the run that a page would join, starts a cluster of its own, or computes in this process.
A module is imported only when it is chosen: importing Dask takes longer than ten million steps.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from frontend.errors import FrontendError
from sim.cost_model import workers_for
from sim.errors import SimError

if TYPE_CHECKING:
    from pathlib import Path

    from frontend.cli.propagate import Workers
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["export_parts", "propagation"]


def propagation(settings: Settings, request: PropagationRequest, workers: Workers) -> Propagation:
    """Return the propagation, computed as `workers` demands; raises FrontendError."""
    try:
        return _computed(settings, request, workers)
    except SimError as error:
        raise FrontendError(str(error)) from error


def _computed(settings: Settings, request: PropagationRequest, workers: Workers) -> Propagation:
    if isinstance(workers, int):
        from frontend.cli.execution import own_cluster

        return own_cluster.propagation(settings, request, workers)
    if workers == "auto" and settings.redis_location is not None and settings.has_dask:
        from frontend.cli.execution import shared_runner

        return shared_runner.propagation(settings, request)
    from frontend.cli.execution import in_process

    return in_process.propagation(request)


def export_parts(
    settings: Settings,
    request: PropagationRequest,
    workers: int | Literal["auto"],
    directory: Path,
) -> int:
    """Have workers write Parquet parts into a directory that they share; return how many.

    Raises FrontendError.
    """
    from frontend.cli.execution import own_cluster

    if workers == "auto":
        workers = _export_workers(settings, request)
    try:
        return own_cluster.export_parts(settings, request, workers, directory)
    except SimError as error:
        raise FrontendError(str(error)) from error


def _export_workers(settings: Settings, request: PropagationRequest) -> int:
    """Return how many workers an export keeps busy; on this machine at most one for each core."""
    most = settings.max_workers
    if not settings.has_dask:
        most = min(most, os.cpu_count() or 1)
    return workers_for(
        request.trajectory, request.steps, slice_budget_bytes=0, max_workers=most, export=True
    )
