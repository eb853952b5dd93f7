"""Claims about records as files: their addresses, headers and bytes.

What the files hold is claimed by tests/unit/sim/export/ and tests/unit/frontend/web/api/.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from frontend.admission import fair_gate
from frontend.domain.resource import API_ROOT, Links
from frontend.errors import Busy, NotReady
from frontend.web.http.record_stream import (
    API_FORMATS,
    PAGE_FILES,
    UNBOUNDED,
    _held_bytes,
    records_path,
    records_reply,
)
from sim import Propagation
from sim.export import FORMATS, Format
from sim.scenario import PropagationRequest
from tests.labelled import OF_ANY
from tests.written_files import records_bytes

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

SMALL = PropagationRequest(500)
LINKS = Links.of("500")


@pytest.mark.parametrize("form", [FORMATS[name] for name in OF_ANY], ids=OF_ANY)
def test_every_format_is_served_at_its_path_as_it_is_exported(
    web: FlaskClient, form: Format
) -> None:
    answer = web.get(records_path(LINKS, form))
    opened = Propagation.open(SMALL.trajectory, SMALL.steps)
    assert answer.status_code == 200
    assert answer.content_type == form.media_type
    assert answer.data == records_bytes(opened, form.name)


def test_a_format_is_offered_by_the_api_or_as_a_file_of_the_page() -> None:
    assert {form.name for form in PAGE_FILES.values()} | set(API_FORMATS) == set(FORMATS)
    assert not {form.name for form in PAGE_FILES.values()} & set(API_FORMATS)


def test_the_links_of_a_resource_lead_to_the_same_addresses() -> None:
    assert records_path(LINKS, FORMATS["js"]) == LINKS.data_js
    assert records_path(LINKS, FORMATS["csv"]).startswith(f"{LINKS.records}?")


def test_the_same_window_has_the_same_tag_and_another_has_another(web: FlaskClient) -> None:
    tags = [
        web.get(f"{LINKS.records}?{query}").headers["ETag"]
        for query in ("format=csv", "format=csv", "format=json", "t0=1", "t1=1", "max_points=9")
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == len(tags) - 1


@pytest.mark.parametrize("query", ["", "&times=1,2"])
def test_another_pyarrow_writes_files_with_another_tag(
    web: FlaskClient, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    def tags() -> dict[str, str]:
        forms = ("csv", "json", "arrow", "parquet")
        urls = {form: f"{LINKS.records}?format={form}{query}" for form in forms}
        return {form: web.get(url).headers["ETag"] for form, url in urls.items()}

    before = tags()
    monkeypatch.setattr(pa, "__version__", "0.0.0")
    assert {form for form, tag in tags().items() if tag != before[form]} == {"arrow", "parquet"}


def test_a_window_is_streamed_and_a_head_request_reads_none_of_it(app: Flask) -> None:
    with app.test_request_context("/", method="GET"):
        streamed = records_reply(SMALL, FORMATS["csv"], (0.0, 5.0))
        assert streamed.is_streamed
        assert len(streamed.get_data()) > 100
    with app.test_request_context("/", method="HEAD"):
        head = records_reply(SMALL, FORMATS["csv"], (0.0, 5.0))
        assert head.get_data() == b""
        assert head.headers["ETag"] == streamed.headers["ETag"]


def test_a_page_keeps_its_numbers_and_a_file_is_asked_for_each_time(web: FlaskClient) -> None:
    for name, form in FORMATS.items():
        if name in OF_ANY:
            answer = web.get(records_path(LINKS, form))
            assert ("immutable" in answer.headers["Cache-Control"]) == (form.page_file is not None)


@pytest.mark.parametrize(
    ("window", "chosen"),
    [
        ((0.0, UNBOUNDED), {}),
        ((0.0, 25_000.0), {}),
        ((0.0, UNBOUNDED), {"every": 2}),
        ((-UNBOUNDED, UNBOUNDED), {"max_points": 100_000}),
    ],
)
def test_a_window_that_is_too_large_to_be_kept_costs_no_other_file_its_place(
    app: Flask,
    services: Services,
    web: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    window: tuple[float, float],
    chosen: dict[str, Any],
) -> None:
    assert web.head(f"{LINKS.records}?format=csv").headers["Accept-Ranges"] == "bytes"
    long = Propagation.open(SMALL.trajectory, 1_000_000)
    monkeypatch.setattr(services.propagations, "opening", lambda _request: lambda: long)
    monkeypatch.setattr(services.exports, "_budget_bytes", 2**20)
    monkeypatch.setattr(services.exports, "keep", None)  # not so much as tried
    with app.test_request_context("/", method="HEAD"):
        head = records_reply(SMALL, FORMATS["parquet"], window, **chosen)
        assert (head.status_code, head.headers["Accept-Ranges"]) == (200, "none")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_wrong_choice_is_400_where_nothing_is_kept(
    web: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(services.exports, "_budget_bytes", 0)
    url = f"{LINKS.records}?format=csv"
    assert web.open(f"{url}&max_points=1", method=method).status_code == 400
    assert web.open(url, method=method).status_code == 200


def test_an_attachment_has_a_name_for_the_browser_to_save(app: Flask) -> None:
    with app.test_request_context("/"):
        named = records_reply(SMALL, FORMATS["csv"], attachment="orbit.csv")
        assert named.headers["Content-Disposition"] == 'attachment; filename="orbit.csv"'
        assert "Content-Disposition" not in records_reply(SMALL, FORMATS["js"]).headers


def test_an_error_comes_before_the_first_piece_and_has_a_status(
    app: Flask, web: FlaskClient
) -> None:
    assert web.post(API_ROOT, json={"steps": 200_000}).status_code == 202
    with app.test_request_context("/"), pytest.raises(NotReady):
        records_reply(PropagationRequest(200_000), FORMATS["csv"])
    assert web.get(f"{API_ROOT}/200000/records").status_code == 404


@pytest.mark.parametrize("query", ["format=csv", "format=parquet", "format=json&max_points=10"])
def test_files_hold_no_more_memory_together_than_there_is(
    app: Flask, web: FlaskClient, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    with contextlib.ExitStack() as slow_readers:
        for _ in range(1_000):
            try:
                with app.test_request_context("/"):
                    reply = records_reply(SMALL, FORMATS["arrow"])
                    slow_readers.callback(reply.close)
            except Busy:
                break
        else:
            pytest.fail("Nobody was refused.")
        answer = web.get(f"{LINKS.records}?{query}")
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Retry-After"] == "5"
    assert web.get(f"{LINKS.records}?{query}").status_code == 200


def test_a_file_counts_for_what_it_holds() -> None:
    long = Propagation.open(SMALL.trajectory, 10_000_000)
    held = {name: _held_bytes(long, form, None) - long.nbytes for name, form in FORMATS.items()}
    assert all(6 * 2**20 < each < 20 * 2**20 for each in held.values())
    assert _held_bytes(long, FORMATS["csv"], 1_000_000) > 160_000_000
    short = Propagation.open(SMALL.trajectory, 500)
    assert short.nbytes < _held_bytes(short, FORMATS["csv"], None) < 500_000
