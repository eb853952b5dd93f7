"""What every test may ask for: a real Redis, empty, and gone afterwards.

`redis_url` and `redis_client` give the session's server, emptied before each test. In the unit
tests it is the embedded one (0.1 s to start); tests/integration/ puts a container in its place
where there is one. `own_redis` makes a server for one test that kills or freezes it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
import redis
from hypothesis import HealthCheck, settings

from tests import redis_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer


# How long an example takes says how busy the machine is, and nothing about what it claims.
settings.register_profile("porta", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("porta")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The session's server. Ask for `redis_url` unless you need to know what it is."""
    with redis_servers.embedded_server() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis without a key in it, for Porta's user, who may do what Porta needs."""
    redis_servers.empty(redis_server.url)
    return redis_servers.as_porta(redis_server.url)


@pytest.fixture
def redis_client(redis_server: RedisServer, redis_url: str) -> Iterator[redis.Redis]:
    """A client of the same Redis who may do everything; answers bytes."""
    assert redis_url
    with contextlib.closing(redis.Redis.from_url(redis_server.url)) as client:
        yield client


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A server of the test's own, to kill, restart, pause and resume."""
    with redis_servers.embedded_server() as server:
        yield server
