"""Requests and how long they took, counted by this process.

A request is labelled by its method, the route's template and its status: never by its path,
which a client can make up.
"""

from __future__ import annotations

import functools
from time import perf_counter
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request
from prometheus_client import Counter, Histogram

from frontend.observability.process_metrics import REGISTRY

if TYPE_CHECKING:
    from flask import Response

__all__ = ["register"]

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})  # what any route takes
BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

_requests: Final = Counter(
    "porta_http_requests",
    "Requests answered.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
_durations: Final = Histogram(
    "porta_http_request_seconds",
    "Time until an answer was ready to be sent; what is streamed then takes longer.",
    ("method", "route"),
    buckets=BOUNDS_S,
    registry=REGISTRY,
)


def register(app: Flask) -> None:
    """Count what `app` answers; to be registered before anything else that looks at requests."""
    app.before_request(_begin)
    app.after_request(_count)


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
