"""The metrics of one process: its open event streams, and the hits and misses of its lookups.

- Under gunicorn several processes count in files of one directory (`multiprocess_dir.py`), so
  that each can report the sum; otherwise metrics are in memory.
- Requests are counted in `web/http/request_metrics.py`, in the same registry.
- Metrics of the whole installation are counted in Redis instead (`storage/counters.py`).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, multiprocess

from frontend.observability import multiprocess_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "REGISTRY",
    "RESULT_HIT",
    "RESULT_MISS",
    "SLICE_HIT",
    "SLICE_MISS",
    "all_processes",
    "stream_open",
]

REGISTRY: Final = CollectorRegistry()
_streams: Final = Gauge(
    "porta_event_streams",
    "Event streams that are open; each holds a thread.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
_lookups: Final = Counter(
    "porta_result_lookups",
    "Results looked for in Redis: found (hit), or not there (miss).",
    ("outcome",),
    registry=REGISTRY,
)
_slices: Final = Counter(
    "porta_slice_lookups",
    "Slices looked for in Redis' cache: found (hit), or remade because they were not (miss).",
    ("outcome",),
    registry=REGISTRY,
)
# Created here, so that they are exposed as 0 before the first lookup and `rate()` sees it.
RESULT_HIT, RESULT_MISS = (_lookups.labels(outcome) for outcome in ("hit", "miss"))
SLICE_HIT, SLICE_MISS = (_slices.labels(outcome) for outcome in ("hit", "miss"))


def all_processes() -> CollectorRegistry:
    """Return the registry of this web, summed over its processes if there are several."""
    if multiprocess_dir.VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no annotations
    return registry


@contextmanager
def stream_open() -> Iterator[None]:
    """Count an event stream while it is open."""
    _streams.inc()
    try:
        yield
    finally:
        _streams.dec()
