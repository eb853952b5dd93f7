"""An installation with access control, and its clients: browsers and programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services


@dataclass(frozen=True, slots=True)
class Guarded:
    """An installation with PORTA_AUTH=token, and a token for each of two people."""

    app: Flask
    services: Services
    tokens: Path
    ada: str
    bob: str

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, base_url: str = "http://localhost") -> FlaskClient:
        """A browser in which Ada has signed in."""
        client = self.client()
        form = {"token": self.ada, "csrf_token": form_token(client, "/sign-in", base_url)}
        sent = {"base_url": base_url, "headers": {"Referer": f"{base_url}/sign-in"}}
        answer = client.post("/sign-in", data=form, **sent)
        assert answer.status_code == 303, answer.text
        return client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def form_token(client: FlaskClient, path: str, base_url: str = "http://localhost") -> str:
    """The CSRF token of a page's forms."""
    found = re.search('name="csrf_token" value="([^"]+)"', client.get(path, base_url=base_url).text)
    assert found is not None
    return found[1]
