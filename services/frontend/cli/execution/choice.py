"""Chooses how the command line computes a propagation; the result has the same bits each way.

It joins the run that a page would join, starts a cluster of its own, or computes in this process.
A module is imported only when it is chosen: importing Dask takes longer than ten million steps.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import click

from frontend.cli.execution.told_cost import told
from frontend.cli.execution.worker_count import asked_workers, ensemble_workers, export_workers
from frontend.errors import BadRequest, FrontendError
from sim.errors import RequestError, SimError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from frontend.cli.propagate import Workers
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.export.folder import ExportFolder
    from sim.scenario import PropagationRequest

__all__ = ["ensemble", "export_parts", "frontend_errors", "propagation"]


def propagation(
    settings: Settings, request: PropagationRequest, workers: Workers, *, is_written: bool = False
) -> Propagation:
    """Return the propagation, computed as `workers` demands; raises FrontendError.

    What a large one takes is told before, also that it `is_written` to a file afterwards.
    """
    with frontend_errors():
        if isinstance(workers, int):
            workers = _granted(settings, request, workers)
        with told(settings, request, workers, is_written=is_written):
            return _computed(settings, request, workers)


def _computed(settings: Settings, request: PropagationRequest, workers: Workers) -> Propagation:
    if isinstance(workers, int):
        from frontend.cli.execution import own_cluster

        return own_cluster.propagation(settings, request, workers)
    if workers == "auto" and settings.redis_location is not None and settings.has_dask:
        from frontend.cli.execution import shared_runner

        return shared_runner.propagation(settings, request)
    from frontend.cli.execution import in_process

    return in_process.propagation(request)


def ensemble(
    settings: Settings, request: PropagationRequest, workers: Workers, *, keep_members: bool
) -> tuple[Mapping[str, Any], Iterable[pa.RecordBatch]]:
    """Return the summary and the rows of an ensemble, computed as `workers` demands.

    Without `keep_members` there are no rows. Raises FrontendError.
    """
    with frontend_errors():
        if workers == "auto" and settings.redis_location is not None and settings.has_dask:
            from frontend.cli.execution import shared_runner

            with told(settings, request, workers):
                return shared_runner.ensemble(settings, request, keep_members=keep_members)
        if isinstance(workers, int):
            from frontend.cli.execution import own_cluster

            granted = _granted_to_ensemble(settings, workers)
            with told(settings, request, granted):
                computed = own_cluster.ensemble(
                    settings, request, granted, keep_members=keep_members
                )
        else:
            from frontend.cli.execution import in_process

            with told(settings, request, "inline"):
                computed = in_process.ensemble(request, keep_members=keep_members)
        return computed.document(), computed.rows()


def export_parts(
    settings: Settings,
    folder: ExportFolder,
    workers: int | Literal["auto"],
) -> None:
    """Have workers write the Parquet parts that a folder lacks; they must share the folder.

    Raises FrontendError.
    """
    from frontend.cli.execution import own_cluster

    if workers == "auto":
        workers = export_workers(settings, folder.request)
    else:
        workers = _granted(settings, folder.request, workers, export=True)
    with frontend_errors():
        own_cluster.export_parts(settings, folder, workers)


@contextmanager
def frontend_errors() -> Iterator[None]:
    """Raise the engine's errors as the frontend's, with the same sentence."""
    try:
        yield
    except RequestError as error:
        raise BadRequest(str(error)) from error
    except SimError as error:
        raise FrontendError(str(error)) from error


def _granted(
    settings: Settings, request: PropagationRequest, asked: int, *, export: bool = False
) -> int:
    if settings.scheduler is not None:
        return asked  # it has the workers that it has
    return _told(asked_workers(settings, request, asked, export=export))


def _granted_to_ensemble(settings: Settings, asked: int) -> int:
    return asked if settings.scheduler is not None else _told(ensemble_workers(settings, asked))


def _told(granted: tuple[int, list[str]]) -> int:
    workers, sentences = granted
    for sentence in sentences:
        click.echo(sentence, err=True)
    return workers
