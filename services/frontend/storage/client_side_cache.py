"""Values that Redis watches for this process: read once, then at hand until they change.

A cached answer takes a third of the time if Redis need not be asked for its manifest each time
(docs/adr/0091). Redis tells a connection of ours whenever a key with the prefix changes, whoever
changes it (`CLIENT TRACKING`, https://redis.io/docs/latest/develop/reference/client-side-caching/).

- What changes is dropped as soon as we are told; what this process changes itself, at once.
- A value is given away only while Redis is known to be there: it was asked within `TRUSTED_S`, and
  what it told before it answered is taken in. Else, and where it may not watch, Redis is read.
- What was read while anything changed is not kept: it may be from before. Absence is never kept.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import NoPermissionError, ResponseError

from frontend.errors import StorageError
from frontend.storage.connection import command, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from redis.connection import AbstractConnection

__all__ = ["ClientSideCache"]

ASK_S: Final = 0.5
TRUSTED_S: Final = 1.0
RECONNECT_S: Final = 0.5
CLOSING_S: Final = 2.0
KEPT: Final = 4_096  # manifests: some 10 MB

_log = logging.getLogger(__name__)


class ClientSideCache:
    """The values of the keys that begin with `prefix`; starts its thread when first asked."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._lock = threading.Lock()
        self._values: OrderedDict[str, bytes] = OrderedDict()
        self._changes = 0
        self._trusted_until = float("-inf")
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, None if there is none; raises StorageError."""
        with self._lock:
            kept = self._values.get(key)
            if kept is not None and monotonic() < self._trusted_until:
                self._values.move_to_end(key)
                return kept
            changes = self._changes
        self._begin()
        with storage_errors():
            value: bytes | None = command(self._client, "GET", key)
        if value is not None:
            self._keep(key, value, changes)
        return value

    def forget(self, key: str) -> None:
        """Drop what this process has changed, before Redis tells it."""
        with self._lock:
            self._changes += 1
            self._values.pop(key, None)

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(CLOSING_S)

    def _keep(self, key: str, value: bytes, changes: int) -> None:
        with self._lock:
            if changes == self._changes and monotonic() < self._trusted_until:
                self._values[key] = value
                if len(self._values) > KEPT:
                    self._values.popitem(last=False)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
                self._thread.start()

    # The thread that listens to Redis, on a connection of its own.

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                with storage_errors(), self._tracking() as connection:
                    while not self._closed.is_set():
                        self._listen(connection)
            except StorageError as error:
                if isinstance(error.__cause__, NoPermissionError):
                    _log.info("Redis' user may not watch keys; they are read each time")
                    return
            except ResponseError as error:  # an old Redis, or an old protocol in its URL
                _log.info("Redis does not watch keys (%s); they are read each time", error)
                return
            self._closed.wait(RECONNECT_S)

    @contextmanager
    def _tracking(self) -> Iterator[AbstractConnection]:
        """Have Redis tell a connection what changes; what was kept before is forgotten."""
        connection = self._client.connection_pool.get_connection()
        try:
            # redis-py hands on what Redis pushes in this way alone.
            connection._parser.set_invalidation_push_handler(self._told)  # noqa: SLF001
            _ask(connection, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._prefix)
            self._forget_all()
            yield connection
        finally:
            self._trusted_until = float("-inf")
            self._forget_all()
            connection.disconnect()  # type: ignore[no-untyped-call] # redis-py's own gap
            self._client.connection_pool.release(connection)

    def _listen(self, connection: AbstractConnection) -> None:
        """Ask whether Redis is there, which brings in what it told before; then listen."""
        asked = monotonic()
        _ask(connection, "PING")
        self._trusted_until = asked + TRUSTED_S
        while (left := asked + ASK_S - monotonic()) > 0 and not self._closed.is_set():
            if connection.can_read(timeout=left):
                connection.read_response(push_request=True)

    def _told(self, message: list[Any]) -> None:
        """Drop what has changed: these keys, or everything."""
        changed = message[1]
        with self._lock:
            self._changes += 1
            if changed is None:
                self._values.clear()
                return
            for key in changed:
                self._values.pop(key.decode(errors="replace"), None)

    def _forget_all(self) -> None:
        self._told([b"invalidate", None])


def _ask(connection: AbstractConnection, *words: str) -> None:
    connection.send_command(*words)  # type: ignore[no-untyped-call] # redis-py's own gap
    connection.read_response()
