"""What tests of the web may ask for: the application on a real, empty Redis, and no runner."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.bootstrap import Services, build_services
from frontend.settings import Settings
from frontend.web.app import create_app
from frontend.web.auth.tokens import new_token, token_line
from tests.guarded import Guarded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient


@pytest.fixture
def services(redis_url: str) -> Iterator[Services]:
    """The services of an installation where nothing was asked for yet."""
    with contextlib.closing(build_services(Settings(redis_url=redis_url))) as made:
        yield made


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services=services)


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    """A client of the application, which sends what it is told and nothing else."""
    return app.test_client()


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[Guarded]:
    ada, bob = new_token(), new_token()
    path = tmp_path / "tokens"
    path.write_text(f"{token_line('ada', ada)}\n{token_line('bob', bob, starts='2/hour')}\n")
    settings = Settings(
        redis_url=redis_url, auth="token", tokens_file=str(path), session_key="k" * 32
    )
    with contextlib.closing(build_services(settings)) as services:
        yield Guarded(create_app(services=services), services, path, ada, bob)
