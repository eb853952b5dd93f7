"""Claims about who counts as who, by each way of `PORTA_AUTH`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from frontend import create_app
from frontend.bootstrap import build_services
from frontend.settings import Settings
from frontend.web.auth.tokens import new_token, token_line
from tests.guarded import bearer

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.guarded import Guarded

ROOT = "/api/v1/propagations"
LONG = {"steps": 200_000}


def start(web: FlaskClient, *, peer: str = "127.0.0.1", **headers: str) -> TestResponse:
    return web.post(ROOT, json=LONG, headers=headers, environ_base={"REMOTE_ADDR": peer})


def test_whoever_has_a_token_may_start_cancel_and_delete(guarded: Guarded) -> None:
    web = guarded.client()
    ada = bearer(guarded.ada)
    assert web.post(ROOT, json=LONG, headers=ada).status_code == 202
    assert web.delete(f"{ROOT}/200000", headers=ada).status_code == 204
    assert web.post(ROOT, json={"steps": 500}, headers=ada).status_code == 200
    assert web.delete(f"{ROOT}/500", headers=ada).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("porta_wrong"),
        bearer(""),
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWRhOmFkYQ=="},
        {"Authorization": "\x00"},
        {"Cookie": "porta=eyJ0b2tlbiI6ImFkYSJ9.aaaa.bbbb"},
        {"X-Forwarded-User": "ada"},
    ],
)
def test_whoever_has_none_may_only_look(guarded: Guarded, headers: dict[str, str]) -> None:
    web = guarded.client()
    web.post(ROOT, json={"steps": 500}, headers=bearer(guarded.ada))
    for answer in (
        web.post(ROOT, json=LONG, headers=headers),
        web.post("/", data=LONG, headers=headers),
        web.delete(f"{ROOT}/500", headers=headers),
        web.post("/propagate/200000", data={"action": "start"}, headers=headers),
        web.post("/propagate/500", data={"action": "cancel"}, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Porta"')
    for path in ("/", "/propagate/500", "/propagate/500/data.js", f"{ROOT}/500", "/docs"):
        assert web.get(path, headers=headers).status_code == 200
    assert guarded.services.runs.under_way() == []


def test_a_token_that_is_wrong_is_told_apart_from_one_that_is_missing(guarded: Guarded) -> None:
    web = guarded.client()
    wrong, missing = (web.delete(f"{ROOT}/500", headers=one) for one in (bearer("x"), {}))
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    assert "error" not in missing.headers["WWW-Authenticate"]


def test_a_page_that_nobody_known_opens_starts_nothing_and_says_how_to(guarded: Guarded) -> None:
    answer = guarded.client().get("/propagate/200000")
    assert answer.status_code == 200
    assert 'href="/sign-in?next=/propagate/200000"' in answer.text
    assert guarded.services.runs.under_way() == []


def test_a_page_that_somebody_known_opens_starts_its_run(guarded: Guarded) -> None:
    guarded.signed_in().get("/propagate/200000")
    assert len(guarded.services.runs.under_way()) == 1


def test_a_token_that_was_made_while_it_runs_is_good_at_once(guarded: Guarded) -> None:
    eve = new_token()
    web = guarded.client()
    assert start(web, **bearer(eve)).status_code == 401
    with guarded.tokens.open("a") as file:
        file.write(f"{token_line('eve', eve)}\n")
    assert start(web, **bearer(eve)).status_code == 202


def test_without_a_setting_everybody_is_local(web: FlaskClient) -> None:
    assert start(web).status_code == 202


PROXY: dict[str, Any] = {"auth": "header", "trusted_proxies": ("10.0.0.0/8",)}


@pytest.fixture
def proxied(redis_url: str) -> FlaskClient:
    settings = Settings(redis_url=redis_url, inline_work=10_000, **PROXY)
    return create_app(services=build_services(settings)).test_client()


def test_whom_a_trusted_proxy_names_may_start_things(proxied: FlaskClient) -> None:
    headers = {"X-Forwarded-User": "ada@example.org", "X-Forwarded-For": "203.0.113.9"}
    assert start(proxied, peer="10.0.0.1", **headers).status_code == 202
    seen = proxied.get("/", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    assert "ada@example.org" in seen.text


@pytest.mark.parametrize("peer", ["11.0.0.1", "127.0.0.1", "::1"])
def test_the_same_header_from_anybody_else_is_refused(proxied: FlaskClient, peer: str) -> None:
    forged = {"X-Forwarded-User": "ada", "X-Forwarded-For": "10.0.0.1"}
    answer = start(proxied, peer=peer, **forged)
    assert answer.status_code == 403
    assert "not believed from this address" in answer.get_json()["detail"]


@pytest.mark.parametrize("name", ["", "ada,bob", "a b", "-", "\u00e9", "x" * 129])
def test_a_proxy_that_names_nobody_lets_nobody_start(proxied: FlaskClient, name: str) -> None:
    headers = {"X-Forwarded-User": name} if name else {}
    answer = start(proxied, peer="10.0.0.1", **headers)
    assert answer.status_code == 403


def test_the_proxys_header_may_have_another_name(redis_url: str) -> None:
    settings = Settings(
        redis_url=redis_url, inline_work=10_000, **PROXY, auth_header="X-Auth-Request-Email"
    )
    web = create_app(services=build_services(settings)).test_client()
    assert start(web, peer="10.0.0.1", **{"X-Forwarded-User": "ada"}).status_code == 403
    assert start(web, peer="10.0.0.1", **{"X-Auth-Request-Email": "ada"}).status_code == 202
