"""Claims about which client a request counts against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.admission import CURRENT_CLIENT
from frontend.web.auth.client import client_of
from tests.guarded import Guarded, bearer

if TYPE_CHECKING:
    from flask import Flask


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (None, "", True),
    ],
)
def test_without_credentials_the_address_or_its_network_is_the_client(
    one: str | None, other: str, *, same: bool
) -> None:
    assert (client_of(None, one) == client_of(None, other)) is same


def test_with_credentials_the_principal_is_wherever_it_asks_from(guarded: Guarded) -> None:
    named = {client(guarded.app, address, guarded.ada) for address in ("192.0.2.1", "192.0.2.2")}
    assert len(named) == 1
    assert named != {client(guarded.app, "192.0.2.1", guarded.bob)}
    assert client(guarded.app, "192.0.2.1", None) == "192.0.2.1"


def test_without_access_control_all_are_told_apart_by_address(app: Flask) -> None:
    assert client(app, "127.0.0.1", None) != client(app, "127.0.0.2", None)


def client(app: Flask, address: str, token: str | None) -> str:
    """The client of a request from an address."""
    headers = None if token is None else bearer(token)
    environ = {"REMOTE_ADDR": address}
    with app.test_request_context("/", headers=headers, environ_base=environ):
        app.preprocess_request()
        return CURRENT_CLIENT.get()()
