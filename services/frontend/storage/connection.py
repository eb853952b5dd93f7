"""How Porta talks to Redis: explicit timeouts, no hidden retries, and one way for it to fail.

- A call either answers within its timeout or raises; nobody retries behind the caller's back
  (redis-py 8 would, ten times): a lease that was renewed late would look as if it were kept.
- Whatever the client raises because of Redis' condition becomes a `StorageError`, here and
  nowhere else. What it raises because of our own mistake (a wrong type, a broken script) stays.
- A Redis that stands still costs a caller two seconds at most. The pool is bounded, and who
  finds it empty waits for a moment only: so callers that wait for Redis are few, however many ask.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from frontend.errors import StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command", "connect", "now_ms", "storage_errors"]

TIMEOUT_S: Final = 1.5
POOL_WAIT_S: Final = 0.4
POOL_SIZE: Final = 64

_UNAVAILABLE: Final = (
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.BusyLoadingError,
    exceptions.NoPermissionError,
    exceptions.ReadOnlyError,
    exceptions.ConnectionError,
    exceptions.TimeoutError,
)
# Conditions for which redis-py has no class: https://redis.io/docs/latest/develop/reference/protocol-spec/
_UNAVAILABLE_PREFIXES: Final = ("MISCONF", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "BUSY")


def connect(
    url: str,
    *,
    timeout_s: float = TIMEOUT_S,
    max_connections: int = POOL_SIZE,
    ca: str | None = None,
) -> redis.Redis:
    """Return a client of the Redis at `url` (redis://, rediss://, unix://); connects when used.

    With rediss:// its certificate must be for its host, and vouched for by the file `ca`.
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
    """Send one command, for a reply that redis-py types as everything it could ever be."""
    return client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py's own gap


def now_ms(client: redis.Redis) -> int:
    """Tell the time by Redis' own clock, which all leases go by."""
    seconds, micros = client.time()
    return seconds * 1000 + micros // 1000


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what redis-py raises because of Redis' condition into a `StorageError`.

    No message carries the server's address, or what was to be written.
    """
    try:
        yield
    except exceptions.OutOfMemoryError as error:
        raise StorageFull("The storage is full: Redis has reached its memory limit.") from error
    except _UNAVAILABLE as error:
        raise StorageUnavailable(_sentence(error)) from error
    except exceptions.ResponseError as error:
        if str(error).startswith(_UNAVAILABLE_PREFIXES):
            raise StorageUnavailable("The storage takes no writes at the moment.") from error
        if str(error).startswith("OOM"):
            raise StorageFull("The storage is full: Redis has reached its memory limit.") from error
        raise


def _sentence(error: Exception) -> str:
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return "The storage shows a certificate that is not believed here (PORTA_REDIS_CA)."
    return "The storage can't be reached."
