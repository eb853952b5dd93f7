from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from frontend import create_app
from frontend.bootstrap import build_services
from frontend.errors import SettingsError
from frontend.settings import Settings
from tests.deadlines import under_load

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PATHS = ("/", "/propagate/500", "/propagate/abc", "/docs", "/healthz", "/api/v1/openapi.json")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_the_browser_to_run_only_what_is_ours(
    web: FlaskClient, path: str
) -> None:
    headers = web.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/propagate/500", "/propagate/abc", "/docs"])
def test_no_page_has_a_script_or_a_style_within(web: FlaskClient, path: str) -> None:
    page = web.get(path).text
    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_over_https_browsers_are_told_to_stay_there(web: FlaskClient) -> None:
    plain = web.get("/healthz").headers
    assert "Strict-Transport-Security" not in plain
    assert "Cross-Origin-Opener-Policy" not in plain  # ignored there, with an error on the console
    secure = web.get("/healthz", base_url="https://porta/")
    assert "Strict-Transport-Security" in secure.headers
    assert secure.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/nowhere", "/propagate/500/", "/propagate/500/data", "/docs/", "/propagate/500/x/y"]
)
def test_what_is_not_there_is_a_page_that_says_so(web: FlaskClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/"), ("PUT", "/propagate/500"), ("POST", "/propagate/500/data.js")],
)
def test_a_method_that_an_address_does_not_take_is_405_with_those_it_does(
    web: FlaskClient, method: str, path: str
) -> None:
    answer = web.open(path, method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_body_beyond_the_limit_is_refused(web: FlaskClient) -> None:
    answer = web.post("/api/v1/propagations", json={"scenario": "x" * 2_000_000, "steps": 5})
    assert answer.status_code == 413
    assert "limit of 2000000 bytes" in answer.get_json()["detail"]


def test_making_the_application_connects_to_nothing() -> None:
    unreachable = Settings(redis_url="redis://192.0.2.1:6379")  # TEST-NET-1, RFC 5737
    begun = time.monotonic()
    app = create_app(services=build_services(unreachable))
    assert app.test_client().get("/healthz").status_code == 200
    assert time.monotonic() - begun < under_load(2)


def test_without_redis_every_page_is_503_with_a_sentence_and_none_is_500() -> None:
    away = Settings(redis_url="redis://127.0.0.1:1")
    web = create_app(services=build_services(away)).test_client()
    for path in ("/", "/propagate/500", "/propagate/500/data.js", "/api/v1/propagations/500"):
        answer = web.get(path)
        assert answer.status_code == 503, path
        assert "storage" in answer.text
        assert "Retry-After" in answer.headers


def test_without_saying_where_redis_is_it_does_not_start() -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        create_app(Settings())


def test_flask_finds_the_factory_in_the_package(app: Flask) -> None:
    assert app.name == "frontend"
    assert create_app.__module__ == "frontend"
