"""Claims about the one stream of many runs that are not about its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.domain.resource import API_ROOT
from frontend.web.api.event_routes import EVENTS_PATH

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services


def test_nothing_on_the_way_holds_its_events_back(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    headers = web.get(f"{EVENTS_PATH}?ids=500", headers={"Accept-Encoding": "gzip"}).headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["Cache-Control"] == "no-cache, no-transform"
    assert "Content-Encoding" not in headers


def test_who_asks_for_the_head_alone_follows_nothing(web: FlaskClient) -> None:
    answer = web.head(f"{EVENTS_PATH}?ids=500")
    assert (answer.status_code, answer.data) == (200, b"")


def test_following_starts_nothing(web: FlaskClient, services: Services) -> None:
    web.get(f"{EVENTS_PATH}?ids=500,200000")
    assert services.propagations.under_way() == []
    assert services.propagations.recent() == []


def test_an_id_that_none_can_be_is_refused(web: FlaskClient) -> None:
    assert web.get(f"{EVENTS_PATH}?ids=0").status_code == 400
    assert web.get(f"{EVENTS_PATH}?ids=5&more=1").status_code == 400
