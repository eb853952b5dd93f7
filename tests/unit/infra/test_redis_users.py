"""What Porta's user of Redis may do, asked of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis

from frontend.runners import Runners
from frontend.runs import Runs
from frontend.store import TrajectoryStore
from infra import redis_users
from sim import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer


@pytest.fixture
def porta(own_redis: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(own_redis.url) as administrator:
        line = redis_users.acl(administrator="a" * 8, porta="b" * 8).splitlines()[1]
        administrator.execute_command("ACL", "SETUSER", *line.split()[1:])
    url = own_redis.url.replace("redis://", f"redis://porta:{'b' * 8}@")
    with redis.Redis.from_url(url) as client:
        yield client


def test_it_may_do_what_runs_and_results_need(porta: redis.Redis) -> None:
    runs = Runs(porta, lease_ms=10_000, max_runs=2, max_waiting=2, result_ttl_s=None)
    request = PropagationRequest(steps=1_000_000)
    runs.enqueue(request)
    (digest,) = runs.candidates()
    assert runs.acquire(digest, "t" * 32, "somebody").lease is not None
    assert list(runs.living()) == [digest]
    runs.cancel(request)
    runs.sweep()
    store = TrajectoryStore(porta, slice_ttl_s=60)
    assert store.recent(5) == []
    store.expire_due()
    runners = Runners(porta)
    runners.heartbeat("one", {"gateway": "ok"})
    assert list(runners.alive()) == ["one"]


@pytest.mark.parametrize(
    "words", [("SET", "other", "x"), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*")]
)
def test_it_may_do_nothing_else(porta: redis.Redis, words: tuple[str, ...]) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        porta.execute_command(*words)  # type: ignore[no-untyped-call] # redis-py's own gap
