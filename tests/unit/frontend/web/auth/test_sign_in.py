"""Claims about signing in with a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.web.auth.sign_in import ATTEMPTS
from tests.guarded import form_token

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.guarded import Guarded


def sign_in(client: FlaskClient, token: str, **more: str) -> TestResponse:
    form = {"token": token, "csrf_token": form_token(client, "/sign-in")}
    return client.post("/sign-in", data=form | more)


def test_a_token_signs_in_and_its_owner_is_shown(guarded: Guarded) -> None:
    client = guarded.client()
    assert sign_in(client, guarded.ada).headers["Location"] == "/"
    page = client.get("/").text
    assert "ada" in page
    assert "Sign out" in page


def test_a_wrong_token_does_not(guarded: Guarded) -> None:
    client = guarded.client()
    answer = sign_in(client, "porta_wrong")
    assert answer.status_code == 401
    assert "not known" in answer.text
    assert "Sign out" not in client.get("/").text


def test_the_token_itself_is_in_no_cookie_and_no_page(guarded: Guarded) -> None:
    client = guarded.client()
    answer = sign_in(client, guarded.ada)
    assert guarded.ada not in answer.headers["Set-Cookie"] + client.get("/").text


def test_guessing_is_slow(guarded: Guarded) -> None:
    client = guarded.client()
    attempts = int(ATTEMPTS.partition("/")[0])
    answers = [sign_in(client, "porta_wrong") for _ in range(attempts + 1)]
    assert [one.status_code for one in answers] == [401] * attempts + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert client.get("/sign-in").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/propagate/500?seed=7", "/propagate/500?seed=7"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/" + "x" * 300, "/"),
    ],
)
def test_whoever_signs_in_goes_on_here_and_nowhere_else(
    guarded: Guarded, wanted: str, where: str
) -> None:
    assert sign_in(guarded.client(), guarded.ada, next=wanted).headers["Location"] == where


def test_signing_out_ends_it(guarded: Guarded) -> None:
    client = guarded.signed_in()
    answer = client.post("/sign-out", data={"csrf_token": form_token(client, "/")})
    assert answer.status_code == 303
    assert "Sign out" not in client.get("/").text


def test_a_session_ends_with_its_token(guarded: Guarded) -> None:
    client = guarded.signed_in()
    guarded.tokens.write_text("")
    assert "Sign out" not in client.get("/").text
    assert client.post("/propagate/200000", data={"action": "start"}).status_code == 401


def test_without_tokens_there_is_nothing_to_sign_in_to(web: FlaskClient) -> None:
    assert web.get("/sign-in").status_code == 404
    assert "sign-in" not in web.get("/").text
