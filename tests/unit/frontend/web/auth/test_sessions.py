"""Claims about cookies, and about forms that come from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.guarded import bearer, form_token

if TYPE_CHECKING:
    from tests.guarded import Guarded

STARTED = {"action": "start"}


def test_no_script_and_no_other_site_can_use_the_cookie(guarded: Guarded) -> None:
    cookie = guarded.client().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("porta=")
    assert "; HttpOnly" in cookie
    assert "; SameSite=Strict" in cookie
    assert "; Secure" not in cookie


def test_over_https_it_is_bound_to_the_host_and_to_encryption(guarded: Guarded) -> None:
    cookie = guarded.client().get("/sign-in", base_url="https://porta").headers["Set-Cookie"]
    assert cookie.startswith("__Host-porta=")
    assert "; Secure" in cookie
    assert "; Path=/" in cookie
    assert "Domain" not in cookie


def test_under_a_path_prefix_it_is_sent_to_that_path_only(guarded: Guarded) -> None:
    def cookie(base_url: str) -> str:
        under = {"SCRIPT_NAME": "/porta"}
        answer = guarded.client().get("/sign-in", base_url=base_url, environ_overrides=under)
        return answer.headers["Set-Cookie"]

    assert "; Path=/porta" in cookie("http://localhost")
    assert cookie("https://porta").startswith("__Secure-porta=")
    assert "; Path=/porta" in cookie("https://porta")


def test_it_lasts_half_a_day(guarded: Guarded) -> None:
    client = guarded.signed_in()
    cookie = client.get_cookie("porta")
    assert cookie is not None
    assert cookie.expires is not None
    serializer = guarded.app.session_interface.get_signing_serializer(guarded.app)  # type: ignore[attr-defined]  # Flask's own
    assert isinstance(serializer, URLSafeTimedSerializer)
    _, made = serializer.loads(cookie.value, return_timestamp=True)
    assert (cookie.expires - made).total_seconds() == pytest.approx(12 * 3_600, abs=5)


def test_whoever_only_looks_gets_no_cookie(guarded: Guarded) -> None:
    client = guarded.client()
    for path in ("/", "/propagate/500", "/docs", "/api/v1/propagations/500"):
        assert "Set-Cookie" not in client.get(path).headers


def test_a_form_without_its_pages_token_changes_nothing(guarded: Guarded) -> None:
    client = guarded.signed_in()
    for form in ({}, {"csrf_token": "x"}, {"csrf_token": form_token(guarded.client(), "/sign-in")}):
        answer = client.post("/propagate/200000", data=STARTED | form)
        assert answer.status_code == 403
        assert "did not come from a page of ours" in answer.text
    assert client.post("/sign-out").status_code == 403
    assert client.post("/sign-in", data={"token": guarded.ada}).status_code == 403
    assert client.delete("/api/v1/propagations/200000").status_code == 403
    assert client.post("/api/v1/propagations", json={"steps": 200_000}).status_code == 403
    assert guarded.services.runs.under_way() == []


def test_a_form_with_it_does(guarded: Guarded) -> None:
    client = guarded.signed_in()
    token = {"csrf_token": form_token(client, "/propagate/200001")}
    assert client.post("/propagate/200000", data=STARTED | token).status_code == 303
    header = {"X-CSRFToken": token["csrf_token"]}
    assert client.delete("/api/v1/propagations/200000", headers=header).status_code == 204


def test_another_sites_form_is_refused_even_with_it(guarded: Guarded) -> None:
    client = guarded.signed_in()
    token = {"csrf_token": form_token(client, "/")}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere"}):
        answer = client.post("/propagate/200000", data=STARTED | token, headers=headers)
        assert answer.status_code == 403


def test_over_https_a_form_of_our_own_passes(guarded: Guarded) -> None:
    base = "https://porta"
    client = guarded.signed_in(base)
    token = {"csrf_token": form_token(client, "/", base)}
    answer = client.post(
        "/propagate/200000", data=STARTED | token, base_url=base, headers={"Referer": f"{base}/"}
    )
    assert answer.status_code == 303


def test_programs_with_a_token_need_no_cookie_and_no_form(guarded: Guarded) -> None:
    client = guarded.client()
    headers = bearer(guarded.ada)
    answer = client.post("/api/v1/propagations", json={"steps": 200_000}, headers=headers)
    assert answer.status_code == 202
    assert "Set-Cookie" not in answer.headers
