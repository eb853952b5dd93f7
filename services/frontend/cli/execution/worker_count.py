"""How many workers a command gets: no more than have work, and no more than the settings allow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sim.cost_model import useful_workers, workers_for

if TYPE_CHECKING:
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["asked_workers", "export_workers"]


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
        sentences.append(f"Using {_workers(granted)}: PORTA_MAX_WORKERS allows no more.")
    elif granted < asked:
        reason = "has no work for more" if export else "is a chain of steps, and has work for one"
        sentences.append(f"Using {_workers(granted)}: this propagation {reason}.")
    if not settings.has_dask and granted > _cores():
        sentences.append(
            f"This machine has {_cores()} core{'s' * (_cores() != 1)}: more workers are no faster."
        )
    return granted, sentences


def export_workers(settings: Settings, request: PropagationRequest) -> int:
    """Return how many workers an export keeps busy; on this machine at most one for each core."""
    most = settings.max_workers if settings.has_dask else min(settings.max_workers, _cores())
    return workers_for(
        request.trajectory, request.steps, slice_budget_bytes=0, max_workers=most, export=True
    )


def _workers(count: int) -> str:
    return f"{count:,} worker{'s' * (count != 1)}"


def _cores() -> int:
    return os.cpu_count() or 1
