"""Claims about what reaches a proxy over HTTP although HTTPS is required."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from frontend.web.http.https_only import HttpsOnly
from frontend.web.http.trusted_proxies import TrustedProxies

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

PROXY = "10.0.0.1"


def answer(
    method: str = "GET", peer: str = PROXY, path: str = "/propagate/500?seed=7", **headers: str
) -> TestResponse:
    """What the application answers to a request by way of a proxy."""
    app = Flask("frontend")
    app.add_url_rule("/<path:_>", view_func=lambda _: "ok", methods=["GET", "POST"])
    wsgi = TrustedProxies(HttpsOnly(app.wsgi_app), ("10.0.0.0/8",))
    app.wsgi_app = wsgi  # type: ignore[method-assign]  # as in app.py
    forwarded = {f"X-Forwarded-{name.capitalize()}": text for name, text in headers.items()}
    return app.test_client().open(
        path, method=method, headers=forwarded, environ_base={"REMOTE_ADDR": peer}
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_is_redirected_to_the_same_address_over_https(method: str) -> None:
    found = answer(method, proto="http", host="porta.example.com")
    assert found.status_code == 308
    assert found.headers["Location"] == "https://porta.example.com/propagate/500?seed=7"


def test_the_proxys_path_prefix_stays() -> None:
    found = answer(proto="http", host="porta.example.com", prefix="/porta")
    assert found.headers["Location"] == "https://porta.example.com/porta/propagate/500?seed=7"


def test_anything_else_is_refused_with_a_sentence() -> None:
    found = answer("POST", proto="http", host="porta.example.com")
    assert found.status_code == 403
    assert found.content_type == "application/problem+json"
    assert "https://" in (found.get_json() or {})["detail"]


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        (PROXY, {"proto": "https"}),
        (PROXY, {}),  # a probe from an address that is trusted
        ("192.0.2.1", {"proto": "http"}),  # it is not a proxy of ours: it says nothing
    ],
)
def test_what_came_over_https_or_through_no_proxy_is_answered(
    peer: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        assert answer(method, peer, **headers).text == "ok"
