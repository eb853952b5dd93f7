"""Claims about how Redis is reached, and how it fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import redis
from redis import exceptions

from frontend.errors import StorageFull, StorageRefused, StorageUnavailable
from frontend.storage.connection import command, connect, now_ms, storage_errors
from tests.deadlines import under_load
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from tests.redis_servers import RedisServer


def test_a_client_connects_when_it_is_used_and_not_before() -> None:
    with (
        connect(f"redis://127.0.0.1:{free_port()}/0") as client,
        pytest.raises(StorageUnavailable),
        storage_errors(),
    ):
        client.ping()


def test_answers_are_bytes(redis_url: str) -> None:
    with connect(redis_url) as client:
        client.set("run/key", "väl")
        assert command(client, "GET", "run/key") == "väl".encode()


def test_the_time_is_redis_own(redis_url: str) -> None:
    with connect(redis_url) as client:
        assert abs(now_ms(client) - time.time() * 1000) < 60_000


def test_a_redis_that_hangs_is_given_up_on_in_time_and_not_asked_twice(
    own_redis: RedisServer,
) -> None:
    with connect(own_redis.url, timeout_s=0.2) as client:
        client.set("count", 0)
        own_redis.pause()
        started = time.monotonic()
        with pytest.raises(StorageUnavailable), storage_errors():
            client.incr("count")
        assert time.monotonic() - started < under_load(2)
        own_redis.resume()
        with connect(own_redis.url) as other:
            assert command(other, "GET", "count") in {b"0", b"1"}


def test_a_client_survives_the_restart_of_its_redis(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        client.set("key", "kept")
        own_redis.kill()
        with pytest.raises(StorageUnavailable), storage_errors():
            client.get("key")
        own_redis.start()
        assert client.get("key") == b"kept"


def test_a_pool_that_is_used_up_is_a_storage_that_cannot_be_reached(redis_url: str) -> None:
    with connect(redis_url, timeout_s=0.1, max_connections=1) as client, client.client() as one:
        one.ping()
        with pytest.raises(StorageUnavailable), storage_errors():
            client.ping()


def test_a_redis_that_wants_a_password_cannot_be_reached(redis_client: redis.Redis) -> None:
    redis_client.config_set("requirepass", "secret")
    try:
        port = redis_client.connection_pool.connection_kwargs["port"]
        with (
            connect(f"redis://127.0.0.1:{port}/0") as client,
            pytest.raises(StorageUnavailable) as caught,
            storage_errors(),
        ):
            client.ping()
        assert "secret" not in str(caught.value)
    finally:
        redis_client.config_set("requirepass", "")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exceptions.OutOfMemoryError("command not allowed"), StorageFull),
        (exceptions.ResponseError("OOM allow-oom flag is not set"), StorageFull),
        (exceptions.ResponseError("MISCONF Redis is configured to save"), StorageUnavailable),
        (exceptions.ReadOnlyError("You can't write"), StorageUnavailable),
        (exceptions.BusyLoadingError("LOADING"), StorageUnavailable),
        (exceptions.NoPermissionError("NOPERM"), StorageUnavailable),
        (exceptions.TimeoutError("Timeout reading"), StorageUnavailable),
    ],
)
def test_what_redis_cannot_do_is_a_storage_error(error: Exception, expected: type) -> None:
    with pytest.raises(expected) as caught, storage_errors():
        raise error
    assert caught.value.__cause__ is error


def test_a_call_that_redis_refuses_names_its_code_and_keeps_its_cause(
    redis_client: redis.Redis,
) -> None:
    redis_client.set("key", "text")
    with pytest.raises(StorageRefused, match=r"error WRONGTYPE\.$") as caught, storage_errors():
        redis_client.lpush("key", "value")
    assert isinstance(caught.value.__cause__, exceptions.ResponseError)
