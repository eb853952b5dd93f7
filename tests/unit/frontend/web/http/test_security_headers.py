"""Claims about the headers that every answer carries; what they say: test_app.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask.testing import FlaskClient

POLICY = "Content-Security-Policy"


def test_errors_and_streams_carry_them_too(web: FlaskClient) -> None:
    for path in ("/nowhere", "/propagate/10/data.js", "/api/v1/propagations/10/events"):
        assert "default-src 'none'" in web.get(path).headers[POLICY]


def test_no_header_comes_twice(web: FlaskClient) -> None:
    names = [name for name, _ in web.get("/propagate/10").headers]
    assert len(names) == len(set(names))


def test_what_has_not_changed_keeps_those_that_it_came_with(web: FlaskClient) -> None:
    web.post("/api/v1/propagations", json={"steps": 500})
    path = "/api/v1/propagations/500/overview"
    first = web.get(path)
    again = web.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert POLICY in first.headers
    assert again.status_code == 304
    assert POLICY not in again.headers
