"""Metrics of the requests that this process has answered: their number and their duration.

The labels are the method, the template of the route and the status. The path is none of them, since
a client can make up any number of paths.
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

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})  # of all routes
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
    """Count the requests of `app`; call it before other hooks are registered, to time them too."""
    app.before_request(_begin)
    app.after_request(_count)


def _begin() -> None:
    g.begun = perf_counter()


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else "other"
    rule = request.url_rule
    route = "none" if rule is None else rule.rule
    requests, durations = _labelled(method, route, response.status_code)
    requests.inc()
    durations.observe(perf_counter() - g.begun)
    return response


@functools.cache  # bounded by routes, methods and statuses
def _labelled(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, status), _durations.labels(method, route)
