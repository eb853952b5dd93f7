"""A client-side cache of Redis values: each is read once, then served until it changes.

A cached response takes a third of the time if its manifest need not be read each time
(docs/adr/0091). Redis notifies a connection of ours when a key with the prefix changes, whichever
client changes it (`CLIENT TRACKING`,
https://redis.io/docs/latest/develop/reference/client-side-caching/).

- A value is dropped when its invalidation arrives; one that this process changes, at once.
- A value is served only while Redis is known to be alive: it has replied within `TRUSTED_S`, and
  the invalidations that it sent before are applied. Otherwise Redis is read, and always where its
  user may not track keys.
- The values have at most `kept_bytes`; the least recently used goes first.
- A value that was read while any key changed is not kept, since it may be stale. Absence is never
  kept.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import NoPermissionError

from frontend.errors import StorageError, StorageRefused
from frontend.storage.connection import command, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from redis.connection import AbstractConnection

__all__ = ["KEPT_BYTES", "ClientSideCache"]

ASK_S: Final = 0.5
TRUSTED_S: Final = 1.0
RECONNECT_S: Final = 0.5
CLOSING_S: Final = 2.0
KEPT_BYTES: Final = 16 * 2**20  # 10,000 manifests of two agents, 12 of a thousand
ENTRY_BYTES: Final = 200  # of a key and its place, beside the value

_log = logging.getLogger(__name__)


class ClientSideCache:
    """The values of the keys that begin with `prefix`; starts its thread when first used."""

    def __init__(self, client: redis.Redis, prefix: str, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._client = client
        self._prefix = prefix
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._values: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._changes = 0
        self._trusted_until = float("-inf")
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, None where there is none; raises StorageError."""
        with self._lock:
            kept = self._values.get(key)
            if kept is not None and monotonic() < self._trusted_until:
                self._values.move_to_end(key)
                return kept
            changes = self._changes
        self._start()
        with storage_errors():
            value: bytes | None = command(self._client, "GET", key)
        if value is not None:
            self._keep(key, value, changes)
        return value

    def forget(self, key: str) -> None:
        """Drop a value that this process has changed, before its invalidation arrives."""
        with self._lock:
            self._changes += 1
            self._drop(key)

    def close(self) -> None:
        """Stop tracking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(CLOSING_S)

    def _keep(self, key: str, value: bytes, changes: int) -> None:
        with self._lock:
            if changes == self._changes and monotonic() < self._trusted_until:
                self._drop(key)
                self._values[key] = value
                self._bytes += ENTRY_BYTES + len(value)
                while self._bytes > self._kept_bytes:
                    self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._bytes -= ENTRY_BYTES + len(value)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(
                    target=self._track, name="client-side-cache", daemon=True
                )
                self._thread.start()

    # The thread that receives invalidations, on a connection of its own.

    def _track(self) -> None:
        while not self._closed.is_set():
            try:
                with storage_errors(), self._tracking() as connection:
                    while not self._closed.is_set():
                        self._listen(connection)
            except StorageRefused as error:  # an old Redis, or an old protocol in its URL
                _log.info("Redis does not track keys (%s); they are read each time", error.code)
                return
            except StorageError as error:
                if isinstance(error.__cause__, NoPermissionError):
                    _log.info("Redis' user may not track keys; they are read each time")
                    return
            self._closed.wait(RECONNECT_S)

    @contextmanager
    def _tracking(self) -> Iterator[AbstractConnection]:
        """Yield a connection that receives invalidations; drop all values before and after."""
        connection = self._client.connection_pool.get_connection()
        try:
            # redis-py passes on what Redis pushes in this way only.
            connection._parser.set_invalidation_push_handler(self._invalidate)  # noqa: SLF001
            _ask(connection, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._prefix)
            self._forget_all()
            yield connection
        finally:
            self._trusted_until = float("-inf")
            self._forget_all()
            connection.disconnect()  # type: ignore[no-untyped-call] # redis-py's own gap
            self._client.connection_pool.release(connection)

    def _listen(self, connection: AbstractConnection) -> None:
        """Ping Redis, which applies the invalidations that it sent before; then wait for more."""
        asked = monotonic()
        _ask(connection, "PING")
        self._trusted_until = asked + TRUSTED_S
        while (left := asked + ASK_S - monotonic()) > 0 and not self._closed.is_set():
            if connection.can_read(timeout=left):
                connection.read_response(push_request=True)

    def _invalidate(self, message: list[Any]) -> None:
        """Drop what has changed: these keys, or all."""
        changed = message[1]
        with self._lock:
            self._changes += 1
            if changed is None:
                self._values.clear()
                self._bytes = 0
                return
            for key in changed:
                self._drop(key.decode(errors="replace"))

    def _forget_all(self) -> None:
        self._invalidate([b"invalidate", None])


def _ask(connection: AbstractConnection, *words: str) -> None:
    connection.send_command(*words)  # type: ignore[no-untyped-call] # redis-py's own gap
    connection.read_response()
