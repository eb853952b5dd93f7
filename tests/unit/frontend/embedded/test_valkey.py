from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import redis

from frontend.embedded.data_dir import DataDir
from frontend.embedded.valkey import LEAST_BYTES, MOST_BYTES, redis_process, redis_url
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENVIRON = {"PATH": "/bin", "DASK_GATEWAY_PASSWORD": "secret"}


@pytest.fixture(params=["porta", "a b#c?d%41é"])
def sockets(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / str(request.param)
    folder.mkdir()
    return folder


@contextlib.contextmanager
def running(data: Path, sockets: Path) -> Iterator[tuple[redis.Redis, Callable[[], None]]]:
    data_dir = DataDir(data)
    data_dir.redis.mkdir(parents=True, exist_ok=True)
    data_dir.logs.mkdir(exist_ok=True)
    process = redis_process(data_dir, sockets, ENVIRON)
    client = redis.Redis.from_url(redis_url(sockets))
    with process.start() as server, contextlib.closing(client):
        try:
            eventually(process.answers)
            yield client, server.kill
        finally:
            server.kill()


def test_its_url_is_understood_whatever_the_folder_is_called(tmp_path: Path, sockets: Path) -> None:
    with running(tmp_path / "data", sockets) as (client, _):
        assert client.ping()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path) as (client, kill):
        client.set("propagation/500", "manifest")
        kill()
    with running(tmp_path / "data", tmp_path) as (client, _):
        assert client.get("propagation/500") == b"manifest"


def test_only_what_has_a_time_to_live_is_evicted_and_memory_is_bounded(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path) as (client, _):
        settings: Any = client.config_get("maxmemory*")
    assert settings["maxmemory-policy"] == "volatile-lru"
    assert LEAST_BYTES <= int(settings["maxmemory"]) <= MOST_BYTES


def test_it_is_told_no_secret(tmp_path: Path) -> None:
    process = redis_process(DataDir(tmp_path), tmp_path, ENVIRON)
    assert "secret" not in process.environ.values()
