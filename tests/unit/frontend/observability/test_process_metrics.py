"""Claims about what one process of the web counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.observability import process_metrics
from frontend.observability.process_metrics import stream_open

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def value(name: str, **labels: str) -> float:
    return process_metrics.all_processes().get_sample_value(name, labels) or 0


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
