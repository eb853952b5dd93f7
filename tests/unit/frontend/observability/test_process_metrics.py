"""Claims about what one process of the web counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend import metrics
from frontend.metrics import stream_open

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGE = {"method": "GET", "route": "/propagate/<propagation_id>", "status": "200"}


def value(name: str, **labels: str) -> float:
    return metrics.of_this_web().get_sample_value(name, labels) or 0


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


def test_an_answer_from_the_cache_is_a_hit(web: FlaskClient) -> None:
    def lookups() -> tuple[float, float]:
        hits = value("porta_result_lookups_total", outcome="hit")
        return hits, value("porta_result_lookups_total", outcome="miss")

    hits, misses = lookups()
    web.post("/api/v1/propagations", json={"steps": 321})
    assert lookups() == (hits, misses + 1)
    web.post("/api/v1/propagations", json={"steps": 321})
    web.get("/api/v1/propagations/321")
    assert lookups() == (hits + 2, misses + 1)


def test_a_stream_counts_while_it_is_open() -> None:
    before = value("porta_event_streams")
    with stream_open():
        assert value("porta_event_streams") == before + 1
    assert value("porta_event_streams") == before
