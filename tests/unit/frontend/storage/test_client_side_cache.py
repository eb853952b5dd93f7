"""Claims about values that Redis watches for this process."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from frontend.errors import StorageError
from frontend.storage.client_side_cache import KEPT_BYTES, TRUSTED_S, ClientSideCache
from frontend.storage.connection import command, connect
from tests.deadlines import under_load
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from tests.redis_servers import RedisServer

KEY = "propagation/500"
SOON_S = 5.0


@contextlib.contextmanager
def watching(url: str) -> Iterator[ClientSideCache]:
    with (
        connect(url) as client,
        contextlib.closing(ClientSideCache(client, "propagation/")) as watched,
    ):
        yield watched


def reads(client: redis.Redis) -> int:
    """How often Redis was asked for a value."""
    calls: dict[str, dict[str, int]] = client.info("commandstats")
    return int(calls.get("cmdstat_get", {"calls": 0})["calls"])


def at_hand(watched: ClientSideCache, client: redis.Redis, key: str = KEY) -> bool:
    """Whether a value is given without asking Redis for it."""
    before = reads(client)
    watched.get(key)
    return reads(client) == before


def test_what_was_read_once_is_at_hand(redis_url: str, redis_client: redis.Redis) -> None:
    redis_client.set(KEY, b"one")
    with watching(redis_url) as watched:
        eventually(lambda: at_hand(watched, redis_client), within_s=under_load(SOON_S))
        assert watched.get(KEY) == b"one"


@pytest.mark.parametrize("change", ["SET", "DEL", "RENAME", "FLUSHALL"])
def test_what_somebody_else_changes_is_read_anew(
    redis_url: str, redis_client: redis.Redis, change: str
) -> None:
    words = {"SET": (KEY, b"two"), "DEL": (KEY,), "RENAME": (KEY, "other"), "FLUSHALL": ()}
    redis_client.set(KEY, b"one")
    with watching(redis_url) as watched:
        eventually(lambda: at_hand(watched, redis_client), within_s=under_load(SOON_S))
        command(redis_client, change, *words[change])
        now = redis_client.get(KEY)
        eventually(lambda: watched.get(KEY) == now, within_s=under_load(TRUSTED_S) / 2)


def test_what_a_script_changes_is_read_anew(redis_url: str, redis_client: redis.Redis) -> None:
    redis_client.set(KEY, b"one")
    with watching(redis_url) as watched:
        eventually(lambda: at_hand(watched, redis_client), within_s=under_load(SOON_S))
        command(redis_client, "EVAL", "redis.call('SET', KEYS[1], 'two')", 1, KEY)
        eventually(lambda: watched.get(KEY) == b"two", within_s=under_load(TRUSTED_S) / 2)


def test_what_this_process_changes_is_read_anew_at_once(
    redis_url: str, redis_client: redis.Redis
) -> None:
    redis_client.set(KEY, b"one")
    with watching(redis_url) as watched:
        for number in range(100):
            eventually(lambda: at_hand(watched, redis_client), within_s=under_load(SOON_S))
            redis_client.set(KEY, str(number))
            watched.forget(KEY)
            assert watched.get(KEY) == str(number).encode()


def test_what_is_not_there_is_asked_for_each_time(
    redis_url: str, redis_client: redis.Redis
) -> None:
    redis_client.set(KEY, b"one")
    with watching(redis_url) as watched:
        eventually(lambda: at_hand(watched, redis_client), within_s=under_load(SOON_S))
        assert not at_hand(watched, redis_client, "propagation/501")
        assert not at_hand(watched, redis_client, "propagation/501")


def test_while_redis_is_away_nothing_is_given_away(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        client.set(KEY, b"one")
        with watching(own_redis.url) as watched:
            eventually(lambda: at_hand(watched, client), within_s=under_load(SOON_S))
            own_redis.kill()
            eventually(lambda: _is_refused(watched), within_s=under_load(TRUSTED_S))
            own_redis.start()
            eventually(lambda: not _is_refused(watched), within_s=under_load(SOON_S))
            client.set(KEY, b"two")
            eventually(lambda: watched.get(KEY) == b"two", within_s=under_load(TRUSTED_S))


def test_a_redis_that_says_nothing_is_trusted_for_a_second(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        client.set(KEY, b"one")
        with watching(own_redis.url) as watched:
            eventually(lambda: at_hand(watched, client), within_s=under_load(SOON_S))
            own_redis.pause()
            try:
                paused = time.monotonic()
                while time.monotonic() < paused + TRUSTED_S:
                    with contextlib.suppress(StorageError):
                        watched.get(KEY)  # at first, from what is at hand
                    time.sleep(0.01)
                assert _is_refused(watched)
            finally:
                own_redis.resume()


def test_where_it_may_not_watch_it_reads_each_time(
    redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    commands = ["+@all", "-client|tracking"]
    redis_client.acl_setuser("limited", enabled=True, nopass=True, keys=["*"], commands=commands)
    redis_client.set(KEY, b"one")
    with watching(redis_server.url.replace("redis://", "redis://limited:any@")) as watched:
        for _ in range(3):
            assert not at_hand(watched, redis_client)
            time.sleep(0.01)
        assert watched.get(KEY) == b"one"
    redis_client.acl_deluser("limited")


def _is_refused(watched: ClientSideCache) -> bool:
    try:
        watched.get(KEY)
    except StorageError:
        return True
    return False


def test_it_keeps_no_more_bytes_than_it_may_and_the_latest_of_them(
    redis_url: str, redis_client: redis.Redis
) -> None:
    names = [f"propagation/{number}" for number in range(5)]
    for name in names:
        redis_client.set(name, bytes(KEPT_BYTES // 4))
    with watching(redis_url) as watched:
        eventually(lambda: at_hand(watched, redis_client, names[0]), within_s=under_load(SOON_S))
        for name in names:
            watched.get(name)
        kept = watched._values  # noqa: SLF001 - what it holds has no other sign
        assert list(kept) == names[2:]
        assert sum(map(len, kept.values())) <= KEPT_BYTES


def test_one_that_is_larger_than_that_is_not_kept(
    redis_url: str, redis_client: redis.Redis
) -> None:
    redis_client.set(KEY, bytes(KEPT_BYTES))
    with watching(redis_url) as watched:
        for _ in range(3):
            time.sleep(0.3)
            assert len(watched.get(KEY) or b"") == KEPT_BYTES
        assert not at_hand(watched, redis_client)
