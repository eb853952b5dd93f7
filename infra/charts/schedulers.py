"""How large the scheduler of a cluster is: by the number of its workers.

Measured with Dask 2026.6, 100 workers and tasks of a second whose results of 300 kB go through the
scheduler, as a client of a Gateway gets them: 3.3 ms of a CPU for each task, so 0.33 CPUs when all
are busy, and 34 MiB beside the 76 that it starts with. The first tasks of an ensemble take a tenth
of a second, so there are ten times as many of them. A scheduler is one thread of Python: beyond two
CPUs it gets no faster.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from infra.settings.quantities import mebibytes

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["Size", "largest", "sizes"]

STEPS: Final = (10, 30, 100, 300, 1_000)  # workers; the settings' own size is that of the first
CORES_PER_WORKER: Final = Fraction(1, 100)  # three times 3.3 ms a second
MIB_PER_WORKER: Final = 4  # two results, of up to 2 MB each, that are on their way
MOST_CORES: Final = Fraction(2)


class Size(NamedTuple):
    """Requests and limits of the scheduler of a cluster of up to so many workers."""

    workers: int
    cores: Fraction
    mebibytes: Fraction


def sizes(settings: Settings) -> list[Size]:
    """Return the size for each step up to `max_workers`, the smallest first."""
    below = [step for step in STEPS if step < settings.max_workers]
    return [_size(settings, workers) for workers in (*below, settings.max_workers)]


def largest(settings: Settings) -> Size:
    """Return the size for a cluster of `max_workers`."""
    return sizes(settings)[-1]


def _size(settings: Settings, workers: int) -> Size:
    own = Fraction(str(settings.scheduler_cores))
    more = max(0, workers - STEPS[0])
    return Size(
        workers,
        max(own, min(own + more * CORES_PER_WORKER, MOST_CORES)),
        mebibytes(settings.scheduler_memory) + more * MIB_PER_WORKER,
    )
