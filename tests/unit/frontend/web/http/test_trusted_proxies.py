"""Claims about which proxies are believed."""

from __future__ import annotations

import pytest
from flask import Flask, request

from frontend.web.http.trusted_proxies import FROM_PROXY, TrustedProxies


def as_seen_by_the_application(peer: str, networks: tuple[str, ...]) -> list[object]:
    """What a request from a peer looks like, whatever it forwards."""
    app = Flask("frontend")
    app.wsgi_app = TrustedProxies(app.wsgi_app, networks)  # type: ignore[method-assign]  # as in app.py

    @app.get("/")
    def tell() -> list[object]:
        seen = request.environ
        return [seen[FROM_PROXY], request.remote_addr, request.scheme, request.host]

    forwarded = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "porta.example",
        "Porta-From-Proxy": "1",
    }
    answer = app.test_client().get("/", headers=forwarded, environ_base={"REMOTE_ADDR": peer})
    found: list[object] = answer.get_json()
    return found


@pytest.mark.parametrize("peer", ["10.1.2.3", "::1", "::ffff:10.1.2.3"])
def test_what_a_trusted_proxy_forwards_counts(peer: str) -> None:
    networks = ("10.0.0.0/8", "::1/128")
    assert as_seen_by_the_application(peer, networks) == [
        True,
        "203.0.113.9",
        "https",
        "porta.example",
    ]


@pytest.mark.parametrize("peer", ["11.1.2.3", "::2", "127.0.0.1", "", "unix"])
def test_what_anybody_else_forwards_does_not(peer: str) -> None:
    assert as_seen_by_the_application(peer, ("10.0.0.0/8", "::1/128")) == [
        False,
        peer,
        "http",
        "localhost",
    ]
