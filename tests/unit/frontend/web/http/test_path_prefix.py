"""Claims about Porta behind a path: whatever leads to another address leads to one of its own."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from frontend.bootstrap import Services, build_services
from frontend.settings import Settings
from frontend.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

API: Final = "/api/v1/propagations"
FORWARDED: Final = {"X-Forwarded-Prefix": "/tools/porta"}
ADDRESS: Final = re.compile(r'(?:href|src|action|data-[a-z]+)="(/[^"]*)"')


@pytest.fixture
def own(redis_url: str) -> Iterator[Services]:
    settings = Settings(redis_url=redis_url, auth="none", trusted_proxies=("127.0.0.0/8",))
    with contextlib.closing(build_services(settings)) as services:
        yield services


@pytest.fixture
def web(own: Services, tmp_path: Path) -> FlaskClient:
    (tmp_path / "index.html").write_text("The manual.")  # which is built elsewhere
    app = create_app(services=own)
    app.config["MANUAL"] = str(tmp_path)
    return app.test_client()


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/propagate/500", "/propagate/90000000", "/nothing", "/propagate/5x"]
)
def test_every_address_of_a_page_has_the_prefix(web: FlaskClient, path: str) -> None:
    plain = ADDRESS.findall(web.get(path).text)
    assert len(plain) > 5
    assert ADDRESS.findall(web.get(path, headers=FORWARDED).text) == [
        f"/tools/porta{address}" for address in plain
    ]


@pytest.mark.parametrize("sent", ["/tools/porta", ""], ids=["left", "removed"])
def test_a_proxy_may_leave_the_prefix_in_the_path_or_remove_it(web: FlaskClient, sent: str) -> None:
    page = web.get(f"{sent}/propagate/500", headers=FORWARDED)
    assert page.status_code == 200
    for address in set(ADDRESS.findall(page.text)):
        path = sent + address.removeprefix("/tools/porta")
        if path.endswith("/compare"):  # a form, which is sent with two runs
            found = web.get(path, query_string={"first": "500", "second": "400"}, headers=FORWARDED)
            assert (found.status_code, found.location) == (303, "/tools/porta/compare/500/400")
        elif not path.endswith("/events"):
            answer = web.get(path, headers=FORWARDED)
            assert answer.status_code == 200, path


def test_the_links_of_a_resource_and_its_place_have_the_prefix(web: FlaskClient) -> None:
    answer = web.post(API, json={"steps": 500}, headers=FORWARDED)
    assert answer.headers["Location"] == f"/tools/porta{API}/500"
    for document in (answer.get_json(), web.get(f"{API}/500", headers=FORWARDED).get_json()):
        assert set(document["links"].values()) == {
            f"/tools/porta{path}"
            for path in (f"{API}/500", f"{API}/500/records", f"{API}/500/events",
                         "/propagate/500", "/propagate/500/data.js")
        }  # fmt: skip
    assert web.get(f"{API}/500").get_json()["links"]["self"] == f"{API}/500", (
        "others see it as before"
    )


def test_the_links_in_an_event_have_the_prefix(web: FlaskClient) -> None:
    web.post(API, json={"steps": 500})
    events = web.get(f"{API}/500/events", headers=FORWARDED).text
    data = next(line for line in events.splitlines() if line.startswith("data: "))
    assert json.loads(data[6:])["links"]["self"] == f"/tools/porta{API}/500"


def test_a_form_leads_to_a_page_under_the_prefix(web: FlaskClient) -> None:
    answer = web.post("/", data={"steps": "500"}, headers=FORWARDED)
    assert answer.headers["Location"] == "/tools/porta/propagate/500"
    answer = web.post("/propagate/500", data={"action": "start"}, headers=FORWARDED)
    assert answer.headers["Location"] == "/tools/porta/propagate/500"


def test_the_description_says_where_the_paths_begin(web: FlaskClient) -> None:
    described = web.get("/api/v1/openapi.json", headers=FORWARDED).get_json()
    assert described["servers"] == [{"url": "/tools/porta"}]
    assert "servers" not in web.get("/api/v1/openapi.json").get_json()


def test_a_setting_does_what_the_header_does(own: Services) -> None:
    settings = replace(own.settings, trusted_proxies=(), path_prefix="/porta")
    web = create_app(settings, replace(own, settings=settings)).test_client()
    for path in ("/porta/propagate/500", "/propagate/500", "/porta", "/healthz"):
        assert web.get(path, headers=FORWARDED).status_code == 200, path
    assert 'href="/porta/docs"' in web.get("/porta/", headers=FORWARDED).text


@pytest.mark.parametrize("setting", [None, "/tools/porta"], ids=["header", "setting"])
@pytest.mark.parametrize("sent", ["/tools/porta", ""], ids=["left", "removed"])
def test_where_https_is_required_the_redirect_has_the_prefix_once(
    own: Services, setting: str | None, sent: str
) -> None:
    settings = replace(own.settings, https="required", path_prefix=setting)
    web = create_app(settings, replace(own, settings=settings)).test_client()
    headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "porta.example"}
    answer = web.get(f"{sent}/docs?a=b", headers=headers | ({} if setting else FORWARDED))
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://porta.example/tools/porta/docs?a=b"


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "/a//b", "/../b", "javascript:x", 'x"', "/a b", "/" + "a" * 99, "/"],
)
def test_a_prefix_that_leads_elsewhere_is_none(web: FlaskClient, prefix: str) -> None:
    assert 'href="/docs"' in web.get("/", headers={"X-Forwarded-Prefix": prefix}).text


def test_the_prefix_of_a_stranger_is_not_believed(web: FlaskClient) -> None:
    stranger = {"REMOTE_ADDR": "203.0.113.9"}
    assert 'href="/docs"' in web.get("/", headers=FORWARDED, environ_base=stranger).text
