"""How many workers a command gets: no more than have work, and no more than the settings allow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sim.cost_model import useful_workers, workers_for

if TYPE_CHECKING:
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["asked_workers", "ensemble_workers", "export_workers"]


def asked_workers(
    settings: Settings, request: PropagationRequest, asked: int, *, export: bool = False
) -> tuple[int, list[str]]:
    """Return how many workers a command gets that asks for so many, and why it gets fewer.

    The sentences also say if there are more workers than this machine has cores.
    """
    useful = useful_workers(request.trajectory, request.steps, export=export)
    granted = min(asked, useful, settings.max_workers)
    sentences = []
    if granted == settings.max_workers < min(asked, useful):
        sentences.append(_bounded(granted))
    elif granted < asked:
        reason = "has no work for more" if export else "is a chain of steps, and has work for one"
        sentences.append(f"Using {_workers(granted)}: this propagation {reason}.")
    return granted, sentences + _more_than_cores(settings, granted)


def ensemble_workers(settings: Settings, asked: int) -> tuple[int, list[str]]:
    """Return how many workers a command gets for an ensemble, and why they are not as asked for."""
    granted = min(asked, settings.max_workers)
    sentences = []
    if granted < asked:
        sentences.append(_bounded(granted))
    return granted, sentences + _more_than_cores(settings, granted)


def export_workers(settings: Settings, request: PropagationRequest) -> int:
    """Return how many workers an export keeps busy; on this machine at most one for each core."""
    most = settings.max_workers if settings.has_dask else min(settings.max_workers, _cores())
    return workers_for(
        request.trajectory, request.steps, slice_budget_bytes=0, max_workers=most, export=True
    )


def _bounded(granted: int) -> str:
    return f"Using {_workers(granted)}: PORTA_MAX_WORKERS allows no more."


def _more_than_cores(settings: Settings, granted: int) -> list[str]:
    cores = _cores()
    if settings.has_dask or granted <= cores:
        return []
    return [f"This machine has {cores} core{'s' * (cores != 1)}: more workers are no faster."]


def _workers(count: int) -> str:
    return f"{count:,} worker{'s' * (count != 1)}"


def _cores() -> int:
    return os.cpu_count() or 1
