"""The connection to Redis: explicit timeouts, no hidden retries, one kind of error.

- A call returns within its timeout or raises. It is never retried behind the caller's back
  (redis-py 8 would, ten times), since a lease renewed late would look as if it were held.
- What the client raises because of Redis' condition becomes a `StorageError`, here and nowhere
  else. What it raises because of a mistake of ours (a wrong type, a broken script) stays.
- A Redis that hangs costs a caller two seconds at most. The pool is bounded, and a caller that
  finds it empty waits briefly: so few threads wait for Redis, however many requests there are.
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
    """Turn what redis-py raises because of Redis' condition into a `StorageError`.

    No message contains the server's address or the value.
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
        return "The storage's certificate is not trusted here (PORTA_REDIS_CA)."
    return "The storage can't be reached."
