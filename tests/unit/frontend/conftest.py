"""What tests of the web may ask for: the application on a real, empty Redis, and no runner."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.app import create_app
from frontend.services import Services, build_services
from frontend.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

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
