"""The connection to Redis: explicit timeouts, no hidden retries, one kind of error.

- A call returns within its timeout or raises. It is never retried behind the caller's back
  (redis-py 8 would, ten times), since a lease renewed late would look as if it were held.
- What the client raises becomes a `StorageError`, here and nowhere else: `replies` says which.
- A Redis that hangs costs a caller two seconds at most. The pool is bounded, and a caller that
  finds it empty waits briefly: so few threads wait for Redis, however many requests there are.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from frontend.storage.replies import storage_error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command", "connect", "now_ms", "storage_errors"]

TIMEOUT_S: Final = 1.5
POOL_WAIT_S: Final = 0.4
POOL_SIZE: Final = 64


def connect(
    url: str,
    *,
    timeout_s: float = TIMEOUT_S,
    max_connections: int = POOL_SIZE,
    ca: str | None = None,
) -> redis.Redis:
    """Return a client of the Redis at `url` (redis://, rediss://, unix://); it connects when used.

    With rediss:// the certificate must be for the host, and issued by an authority in the file
    `ca` (None: one that the system trusts).
    """
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=POOL_WAIT_S,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
        client_name="porta",
        driver_info=None,  # CLIENT SETINFO: Redis 7.0 doesn't know it, so no rule can allow it
        **_verified(ca) if url.startswith("rediss://") else {},
    )
    return redis.Redis.from_pool(pool)


def _verified(ca: str | None) -> dict[str, Any]:
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": ca}


def command(client: redis.Redis, *words: str | int | bytes) -> Any:  # noqa: ANN401  # as the command is
    """Send one command; redis-py types its reply as a union of all replies."""
    return client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py's own gap


def now_ms(client: redis.Redis) -> int:
    """Return the time of Redis' clock, which all leases use, in ms."""
    seconds, micros = client.time()
    return seconds * 1000 + micros // 1000


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what redis-py raises into a `StorageError`; a mistake in the use of redis-py stays.

    No message contains the server's address, a key or a value.
    """
    try:
        yield
    except exceptions.RedisError as error:
        meant = storage_error(error)
        if meant is None:
            raise
        raise meant from error
