"""What one process of the web counts: requests, open event streams, what its caches gave.

- Under gunicorn several processes count in files of one folder (`metrics_folder.py`), so that any
  of them tells the sum; elsewhere, in memory.
- A request is labelled by its method, the route's template and its status: never by its path,
  which whoever asks can make up.
- What concerns the whole installation is counted in Redis instead (`counters.py`).
"""

from __future__ import annotations

import functools
import os
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess

from frontend import metrics_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

__all__ = [
    "RESULT_HIT",
    "RESULT_MISS",
    "SLICE_HIT",
    "SLICE_MISS",
    "of_this_web",
    "register",
    "stream_open",
]

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})  # what any route takes
BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

_registry: Final = CollectorRegistry()
_requests: Final = Counter(
    "porta_http_requests",
    "Requests answered.",
    ("method", "route", "status"),
    registry=_registry,
)
_durations: Final = Histogram(
    "porta_http_request_seconds",
    "Time until an answer was ready to be sent; what is streamed then takes longer.",
    ("method", "route"),
    buckets=BOUNDS_S,
    registry=_registry,
)
_streams: Final = Gauge(
    "porta_event_streams",
    "Event streams that are open; each holds a thread.",
    multiprocess_mode="livesum",
    registry=_registry,
)
_lookups: Final = Counter(
    "porta_result_lookups",
    "Results looked for in Redis: found (hit), or not there (miss).",
    ("outcome",),
    registry=_registry,
)
_slices: Final = Counter(
    "porta_slice_lookups",
    "Slices looked for in Redis' cache: found (hit), or remade because they were not (miss).",
    ("outcome",),
    registry=_registry,
)
# Made now: so that they are told from the beginning, and their first change is seen.
RESULT_HIT, RESULT_MISS = (_lookups.labels(outcome) for outcome in ("hit", "miss"))
SLICE_HIT, SLICE_MISS = (_slices.labels(outcome) for outcome in ("hit", "miss"))


def register(app: Flask) -> None:
    """Count what `app` answers; to be registered before anything else that looks at requests."""
    app.before_request(_begin)
    app.after_request(_count)


def of_this_web() -> CollectorRegistry:
    """Return what to tell of this web: of all its processes, where there are several."""
    if metrics_folder.VARIABLE not in os.environ:
        return _registry
    everybody = CollectorRegistry()
    multiprocess.MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]  # its own gap
    return everybody


@contextmanager
def stream_open() -> Iterator[None]:
    """Count an event stream while it is open."""
    _streams.inc()
    try:
        yield
    finally:
        _streams.dec()


def _begin() -> None:
    g.begun = perf_counter()


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else "other"
    rule = request.url_rule
    counted, timed = _of(method, "none" if rule is None else rule.rule, response.status_code)
    counted.inc()
    timed.observe(perf_counter() - g.begun)
    return response


@functools.cache  # bounded by routes, methods and statuses
def _of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, status), _durations.labels(method, route)
