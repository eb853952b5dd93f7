"""What tests of the web may ask for: the application on a real, empty Redis, and no runner."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from jinja2 import FileSystemBytecodeCache

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
def services(redis_url: str, tmp_path: Path) -> Iterator[Services]:
    """The services of an installation where nothing was asked for yet.

    What is more than 10,000 steps takes a run.
    """
    folder = str(tmp_path / "exports")
    settings = Settings(redis_url=redis_url, inline_work=10_000, export_folder=folder)
    with contextlib.closing(build_services(settings)) as made:
        yield made


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates as they were compiled; each application would compile them anew."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(services: Services, bytecode: FileSystemBytecodeCache) -> Flask:
    app = create_app(services=services)
    app.jinja_env.bytecode_cache = bytecode
    return app


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    """A client of the application, which sends what it is told and nothing else."""
    return app.test_client()


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path, bytecode: FileSystemBytecodeCache) -> Iterator[Guarded]:
    ada, bob = new_token(), new_token()
    path = tmp_path / "tokens"
    path.write_text(f"{token_line('ada', ada)}\n{token_line('bob', bob, starts='2/hour')}\n")
    settings = Settings(
        redis_url=redis_url,
        inline_work=10_000,
        auth="token",
        tokens_file=str(path),
        session_key="k" * 32,
    )
    with contextlib.closing(build_services(settings)) as services:
        app = create_app(services=services)
        app.jinja_env.bytecode_cache = bytecode
        yield Guarded(app, services, path, ada, bob)
