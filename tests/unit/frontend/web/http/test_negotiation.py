"""Claims about `Accept`: which format is chosen, and when none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import API_ROOT
from frontend.errors import NotAcceptable
from frontend.web.http.negotiation import chosen_format
from frontend.web.http.record_stream import API_FORMATS

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7"
)
PARQUET = "application/vnd.apache.parquet"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        (CHROMIUM, "json"),
        ("application/*", "json"),
        ("application/json", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("Text/CSV; charset=utf-8", "csv"),
        (PARQUET, "parquet"),
        (f"{PARQUET}, */*;q=0.1", "parquet"),
        ("application/vnd.apache.arrow.file", "arrow"),
        (f"application/json;q=0.2, {PARQUET};q=0.9", "parquet"),
        ("application/json;q=0, application/*", "csv-is-no-application"),
    ],
)
def test_the_format_is_what_accept_prefers(app: Flask, accept: str | None, name: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    with app.test_request_context(headers=headers):
        chosen = chosen_format(API_FORMATS, None)
    if name == "csv-is-no-application":
        assert chosen.name not in {"json", "csv"}
    else:
        assert chosen.name == name


def test_what_the_address_says_wins(app: Flask) -> None:
    with app.test_request_context(headers={"Accept": PARQUET}):
        assert chosen_format(API_FORMATS, "csv").name == "csv"


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/xml", "*/*;q=0"])
def test_where_nothing_is_taken_the_error_lists_what_there_is(app: Flask, accept: str) -> None:
    with (
        app.test_request_context(headers={"Accept": accept}),
        pytest.raises(NotAcceptable, match="parquet"),
    ):
        chosen_format(API_FORMATS, None)


def test_an_answer_that_accept_could_have_changed_says_so_and_no_other(web: FlaskClient) -> None:
    address = f"{API_ROOT}/500/records"
    assert "Accept" in web.get(address).headers.getlist("Vary")
    refused = web.get(address, headers={"Accept": "text/html"})
    assert (refused.status_code, refused.content_type) == (406, "application/problem+json")
    assert "Accept" in refused.headers.getlist("Vary")
    etag = web.get(address).headers["ETag"]
    unchanged = web.get(address, headers={"If-None-Match": etag})
    assert (unchanged.status_code, "Accept" in unchanged.headers.getlist("Vary")) == (304, True)
    assert "Accept" not in web.get(f"{address}?format=csv").headers.getlist("Vary")


def test_records_states_and_members_come_as_accept_says(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500, "members": 3})
    wanted = {"Accept": PARQUET}
    answers = [
        web.get(f"{API_ROOT}/500/records", headers=wanted),
        web.post(f"{API_ROOT}/500/records", json={"times": [1.0]}, headers=wanted),
        web.get(f"{API_ROOT}/500/members?members=3", headers=wanted),
    ]
    for answer in answers:
        assert (answer.status_code, answer.content_type) == (200, PARQUET)
        assert answer.data[:4] == answer.data[-4:] == b"PAR1"
        assert answer.headers["Content-Disposition"].endswith('.parquet"')
