"""What a large request is expected to take, told on standard error before it starts.

And after it, if it took far longer. How fast this machine is counts only where it computes: nobody
loads a kernel for a sentence about others.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sim.calibration import speed_for
from sim.cost_model import work
from sim.estimates import LATE, estimate
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.cli.propagate import Workers
    from frontend.settings import Settings
    from sim.estimates import Estimate
    from sim.scenario import PropagationRequest

__all__ = ["expected", "told"]


@contextmanager
def told(
    settings: Settings, request: PropagationRequest, workers: Workers, *, is_written: bool = False
) -> Iterator[None]:
    """Say what a large request takes, and afterwards if it took more than four times as long.

    Where all of it `is_written` to a file afterwards, that is said to come on top. Not of an order:
    how many steps it takes is not known, only how many at most.
    """
    needed = work(request.steps, request.trajectory.scenario, request.members)
    if isinstance(request, Order) or needed <= settings.inline_work:
        yield
        return
    told_before = expected(settings, request, workers)
    click.echo(_sentence(told_before, is_written=is_written), err=True)
    begun = time.monotonic()
    yield
    taken_s = time.monotonic() - begun
    if told_before.is_late(taken_s):
        click.echo(f"It took {taken_s:,.0f} s: more than {LATE} times as long.", err=True)


def expected(settings: Settings, request: PropagationRequest, workers: Workers) -> Estimate:
    """Return what a request takes, computed as `workers` demands."""
    is_shared = workers == "auto" and settings.has_dask and settings.redis_location is not None
    used = None if is_shared else 0 if isinstance(workers, str) else workers
    is_elsewhere = is_shared or (settings.has_dask and isinstance(workers, int))
    return estimate(
        request,
        max_workers=settings.max_workers,
        workers=used,
        worker_cores=(os.cpu_count() or 1) if used == 0 and request.is_ensemble else 1,
        speed=1.0 if is_elsewhere else speed_for(request),
    )


def _sentence(one: Estimate, *, is_written: bool) -> str:
    seconds = f"{one.seconds:,.1f}" if one.seconds < 10 else f"{one.seconds:,.0f}"  # noqa: PLR2004  # two digits
    by = f"{one.workers:,} worker{'s' * (one.workers != 1)}" if one.workers else "this process"
    words = f"This takes about {seconds} s with {by}, {one.core_seconds:,.1f} core-seconds"
    if one.workers > 0 and not one.more_workers_help:
        words += "; more workers would not help"
    return f"{words}. Writing the file comes on top." if is_written else f"{words}."
