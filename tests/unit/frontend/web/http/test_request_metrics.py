"""Claims about the requests that a web counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.observability import process_metrics

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGE = {"method": "GET", "route": "/propagate/<propagation_id>", "status": "200"}


def value(name: str, **labels: str) -> float:
    return process_metrics.all_processes().get_sample_value(name, labels) or 0


def test_a_request_is_counted_by_its_route(web: FlaskClient) -> None:
    before = value("porta_http_requests_total", **PAGE)
    timed = {"method": PAGE["method"], "route": PAGE["route"]}
    seen = value("porta_http_request_seconds_count", **timed)
    for steps in (10, 11, 12):
        web.get(f"/propagate/{steps}")
    assert value("porta_http_requests_total", **PAGE) == before + 3
    assert value("porta_http_request_seconds_count", **timed) == seen + 3


def test_a_method_that_somebody_made_up_is_no_label(web: FlaskClient) -> None:
    made_up = {"method": "other", "route": "none", "status": "405"}
    before = value("porta_http_requests_total", **made_up)
    web.open("/healthz", method="BREW")
    assert value("porta_http_requests_total", **made_up) == before + 1
