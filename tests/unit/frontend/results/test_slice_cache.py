"""Claims about the cache of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.results.slice_cache import RedisSliceCache
from frontend.storage import keys
from frontend.storage.connection import command, connect
from tests.redis_servers import free_port
from tests.run_protocol import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

DIGEST = digest_of()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


def test_slices_are_kept_for_a_while(client: redis.Redis) -> None:
    cache = RedisSliceCache(client, DIGEST, ttl_s=60)
    assert cache.put_many([(4, b"four"), (5, b"five!")]) == 9
    assert [cache.get(interval) for interval in (4, 5, 6)] == [b"four", b"five!", None]
    assert 0 < command(client, "TTL", keys.slice_of(DIGEST, 4)) <= 60


def test_a_cache_that_cannot_be_reached_is_empty() -> None:
    with connect(f"redis://127.0.0.1:{free_port()}/0") as client:
        cache = RedisSliceCache(client, DIGEST, ttl_s=60)
        assert cache.put_many([(3, b"three")]) == 0
        assert cache.get(3) is None


def test_a_key_that_holds_something_else_is_a_miss(client: redis.Redis) -> None:
    client.rpush(keys.slice_of(DIGEST, 3), "a list")
    assert RedisSliceCache(client, DIGEST, ttl_s=60).get(3) is None
