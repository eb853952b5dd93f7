"""Claims about the hint for a proxy that changes the Host header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from frontend.web.auth.proxy_hint import proxy_hint

if TYPE_CHECKING:
    from flask.testing import FlaskClient

APP = Flask("frontend", static_folder=None)


def hint(**headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with APP.test_request_context("/", method="POST", headers={"Host": "10.0.0.7:8080"} | named):
        return proxy_hint()


def test_it_names_both_hosts_and_what_to_do() -> None:
    for name in ("Origin", "Referer"):
        words = hint(**{name: "https://porta.example/porta"})
        assert "'porta.example'" in words
        assert "'10.0.0.7:8080'" in words
        assert "PORTA_TRUSTED_PROXIES" in words


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://10.0.0.7:8080"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_there_is_none_where_no_proxy_is_the_reason(headers: dict[str, str]) -> None:
    assert hint(**headers) == ""


def test_a_refusal_carries_it(web: FlaskClient) -> None:
    answer = web.post(
        "/api/v1/propagations", json={"steps": 5}, headers={"Origin": "https://porta.example"}
    )
    assert answer.status_code == 403
    assert "let the proxy pass Host on" in answer.get_json()["detail"]


def test_so_does_that_of_another_name_for_this_machine(web: FlaskClient) -> None:
    answer = web.get("/api/v1/propagations/5", headers={"Host": "porta.example"})
    assert answer.status_code == 403
    assert "'porta.example'" in answer.get_json()["detail"]
    assert "PORTA_TRUSTED_PROXIES" in answer.get_json()["detail"]
