"""Whether a Redis can hold Porta's data: looked at once, when a process starts.

What can't change by itself is refused with a sentence: a login, a database or a server that does
not fit. A Redis that is away, or that says "not now", is waited for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from frontend.errors import (
    LoginRefused,
    NotPermitted,
    SettingsError,
    StorageError,
    StorageRefused,
)
from frontend.storage.connection import command, connect, storage_errors

if TYPE_CHECKING:
    import redis

    from frontend.settings import Settings

__all__ = ["refuse_unsuitable"]

# Flags came with Redis 7.0: https://redis.io/docs/latest/develop/programmability/lua-api/
PROBE: Final = "#!lua flags=allow-oom,no-writes\nreturn 1"
SUPPORTED: Final = "docs/configuration.md says what Porta supports."


def refuse_unsuitable(settings: Settings) -> None:
    """Raise a SettingsError where the Redis that is configured can't be used as it is."""
    if settings.redis_location is None:
        return
    client = connect(settings.redis_location, ca=settings.redis_ca)
    variable = "REDIS_URL" if settings.redis_url else "REDIS_ADDR"
    try:
        with suppress(StorageError), storage_errors():
            _look(client)
    except _Unsuitable as why:
        raise SettingsError(variable, str(why)) from why.__cause__
    finally:
        client.close()


class _Unsuitable(Exception):
    """Why a Redis can't be used, as a sentence."""


def _look(client: redis.Redis) -> None:
    _connects(client)
    try:
        with storage_errors():
            _refuse_cluster(client)
            command(client, "EVALSHA", command(client, "SCRIPT", "LOAD", PROBE), 0)
    except NotPermitted as error:
        raise _Unsuitable(
            "Redis does not allow this user the commands SCRIPT LOAD and EVALSHA, which "
            f"Porta needs. {SUPPORTED}"
        ) from error
    except StorageRefused as error:
        raise _Unsuitable(
            f"this Redis can't run Porta's scripts ({error.code}): it is older than 7.0, or "
            f"without the commands SCRIPT and EVALSHA. {SUPPORTED}"
        ) from error


def _connects(client: redis.Redis) -> None:
    try:
        with storage_errors():
            client.ping()
    except LoginRefused as error:
        raise _Unsuitable(
            f"Redis refuses the login ({error.code}): check the user name and the password."
        ) from error
    except StorageRefused as error:
        database = client.connection_pool.connection_kwargs.get("db", 0)
        raise _Unsuitable(
            f"Redis refuses database {database} ({error.code}); use one that it has, as /0."
        ) from error


def _refuse_cluster(client: redis.Redis) -> None:
    reply: Any = command(client, "HELLO")  # which every user may call
    pairs = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)
    if dict(pairs).get(b"mode") == b"cluster":
        raise _Unsuitable(f"this is a Redis Cluster, which Porta can't use. {SUPPORTED}")
