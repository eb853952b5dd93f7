"""What happens to runs, told to whoever listens: one reader of Redis per process fans out.

- A listener hears the events of one trajectory's run in order, each once. One that comes back
  with the id of the last event it heard misses nothing; where that event is gone, it gets a
  snapshot instead: a `status` event with the run as it is, and goes on from there.
- A listener that reads too slowly loses what it missed and gets a snapshot: memory is bounded.
- With Redis gone listeners stay and hear heartbeats; when it is back they go on, or, if it has
  forgotten, get a snapshot.
- A run in the line hears of its place as others leave.
- `close()` ends every listener at once, so that a web server can stop with pages open.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.errors import StorageError
from frontend.runs.subscription import START, Event, Subscription, order
from frontend.storage import keys
from frontend.storage.connection import command, storage_errors
from frontend.storage.scripts import EVENTS_KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from frontend.domain.run import RunState
    from frontend.runs.run_queue import RunQueue, Snapshot

    _Entry = tuple[bytes, dict[bytes, bytes]]

__all__ = ["EventHub"]

BLOCK_MS: Final = 500  # well within the timeout of a call
CHECK_S: Final = 2.0
RECONNECT_S: Final = 0.5
HEARTBEAT_S: Final = 15.0
CLOSING_S: Final = 2.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Topic:
    """A run with listeners: how far its stream was read, and what it was like then."""

    cursor: str
    run: RunState | None
    listeners: list[Subscription] = field(default_factory=list)


class EventHub:
    """The listeners of one process; starts its reader with the first of them."""

    def __init__(
        self, client: redis.Redis, runs: RunQueue, *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._heartbeat_s = heartbeat_s
        self._client = client
        self._runs = runs
        self._changed = threading.Condition()
        self._topics: dict[str, _Topic] = {}
        self._closed = False
        self._thread: threading.Thread | None = None
        self._reader_id: int | None = None

    @contextmanager
    def subscribe(
        self, digest: str, last_id: str | None = None, *, propagation_id: str | None = None
    ) -> Iterator[Subscription]:
        """Listen to a run, from after `last_id`, or from a snapshot.

        With `propagation_id` other propagations' `done` events are left out. Raises
        StorageUnavailable where Redis can't be read to begin with.
        """
        subscription = Subscription(
            lambda: self._snapshot(digest),
            propagation_id=propagation_id,
            heartbeat_s=self._heartbeat_s,
        )
        snapshot = self._runs.snapshot(digest)
        self._register(digest, subscription, _Topic(snapshot.event_id, snapshot.run))
        try:
            subscription.begin(*self._missed(digest, last_id))
            yield subscription
        finally:
            self._unregister(digest, subscription)

    def close(self) -> None:
        """End every listener, then the reader."""
        with self._changed:
            self._closed = True
            for topic in self._topics.values():
                for listener in topic.listeners:
                    listener.close()
            self._changed.notify_all()
        if self._thread is not None:
            with suppress(StorageError):
                self._wake()
            self._thread.join(CLOSING_S)

    def _register(self, digest: str, subscription: Subscription, topic: _Topic) -> None:
        with self._changed:
            self._topics.setdefault(digest, topic).listeners.append(subscription)
            if self._closed:
                subscription.close()
            elif self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._read, name="events", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _unregister(self, digest: str, subscription: Subscription) -> None:
        with self._changed:
            topic = self._topics[digest]
            topic.listeners.remove(subscription)
            if not topic.listeners:
                del self._topics[digest]

    def _missed(self, digest: str, last_id: str | None) -> tuple[list[Event], str]:
        """Return what follows `last_id` if that is still there, else a snapshot; and from where."""
        self._wake()
        missed = self._since(digest, last_id) if last_id else None
        return ([self._snapshot(digest)], START) if missed is None else (missed, last_id or START)

    def _wake(self) -> None:
        """Have the reader look at its topics: it waits for other runs' events.

        Should it miss this between two waits, it looks again within a second.
        """
        with self._changed:
            reader_id = self._reader_id
        if reader_id is not None:
            with storage_errors():
                command(self._client, "CLIENT", "UNBLOCK", reader_id)

    def _snapshot(self, digest: str) -> Event:
        return _event(self._runs.snapshot(digest))

    def _since(self, digest: str, last_id: str) -> list[Event] | None:
        if order(last_id) == (0, 0):
            return None
        with storage_errors():
            name = keys.events(digest)
            entries: list[_Entry] = command(
                self._client, "XRANGE", name, last_id, "+", "COUNT", EVENTS_KEPT + 1
            )
        if not entries or entries[0][0].decode() != last_id:
            return None
        return [Event.from_entry(digest, *entry) for entry in entries[1:]]

    # The reader: one thread, one connection.

    def _read(self) -> None:
        while not self._closed:
            try:
                with storage_errors(), _one_connection(self._client) as reader:
                    self._follow(reader)
            except StorageError as error:
                _log.warning("events are not read: %s", error)
            with self._changed:
                self._reader_id = None
                self._changed.wait_for(lambda: self._closed, RECONNECT_S)

    def _follow(self, reader: redis.Redis) -> None:
        self._reader_id = reader.client_id()
        checked = float("-inf")
        while cursors := self._cursors():
            if monotonic() - checked >= CHECK_S:
                self._check(reader)
                checked = monotonic()
                continue
            streams = command(
                reader, "XREAD", "BLOCK", BLOCK_MS, "STREAMS", *cursors, *cursors.values()
            )
            for name, entries in streams:
                self._tell(name.decode(), entries)

    def _cursors(self) -> dict[str, str]:
        """Wait for listeners; return each stream with the last id read. Empty: closed."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._topics) or self._closed)
            if self._closed:
                return {}
            return {keys.events(digest): topic.cursor for digest, topic in self._topics.items()}

    def _tell(self, stream: str, entries: list[_Entry]) -> None:
        digest = stream.split("/")[1]
        events = [Event.from_entry(digest, *entry) for entry in entries]
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None:
                return
            topic.cursor, topic.run = events[-1].id or START, events[-1].run
            for listener in topic.listeners:
                listener.tell(*events)

    def _check(self, reader: redis.Redis) -> None:
        """See that each stream still is the one that was read, and where its run is in the line."""
        with self._changed:
            cursors = {digest: topic.cursor for digest, topic in self._topics.items()}
        with reader.pipeline(transaction=False) as pipe:
            for digest, cursor in cursors.items():
                pipe.xrange(keys.events(digest), cursor, cursor)
                pipe.zrank(keys.QUEUE, digest)
            replies = pipe.execute()
        for digest, found, rank in zip(cursors, replies[::2], replies[1::2], strict=True):
            if cursors[digest] != START and not found:
                self._restart(digest)
            elif rank is not None:
                self._tell_position(digest, rank + 1)

    def _restart(self, digest: str) -> None:
        """Give everybody a snapshot: what was read last has been trimmed, or is forgotten."""
        snapshot = self._runs.snapshot(digest)
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None:
                return
            topic.cursor, topic.run = snapshot.event_id, snapshot.run
            for listener in topic.listeners:
                listener.restart(_event(snapshot))

    def _tell_position(self, digest: str, position: int) -> None:
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None or topic.run is None or topic.run.position in {None, position}:
                return
            topic.run = replace(topic.run, position=position)
            for listener in topic.listeners:
                listener.tell(Event(None, "status", topic.run))


def _one_connection(client: redis.Redis) -> redis.Redis:
    reader: redis.Redis = client.client()  # type: ignore[no-untyped-call]  # redis-py's own gap
    return reader


def _event(snapshot: Snapshot) -> Event:
    event_id = None if snapshot.event_id == START else snapshot.event_id
    return Event(event_id, "status", snapshot.run)
