"""The event hub: one reader of Redis per process passes the events of runs to its subscribers.

- A subscriber receives the events of one trajectory's run in order, each once. One that reconnects
  with the id of the last event it received misses nothing. Where that event is gone, it gets a
  snapshot instead: a `status` event with the run as it is, and continues from there.
- A subscriber that reads too slowly gets a snapshot instead of what it missed: memory is bounded.
- While Redis is away, subscribers receive heartbeats. When it is back they continue or, if it has
  lost the run, get a snapshot.
- Subscribers of a queued run are told its position as others leave the queue.
- `close()` ends every subscription at once, so that a web server can stop with pages open.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.errors import StorageError
from frontend.runs.subscription import START, Event, Subscription, Subscriptions, order
from frontend.storage import keys
from frontend.storage.connection import command, storage_errors
from frontend.storage.scripts import EVENTS_KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import redis

    from frontend.domain.run import RunState, Snapshot
    from frontend.runs.run_queue import RunQueue

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
    """A run with subscribers: how far its stream was read, and the run as of then."""

    cursor: str
    run: RunState | None
    subscribers: list[Subscription] = field(default_factory=list)


class EventHub:
    """The subscriptions of one process; the first one starts its reader."""

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
        self,
        digest: str,
        last_id: str | None = None,
        *,
        propagation_id: str | None = None,
        changed: threading.Condition | None = None,
    ) -> Iterator[Subscription]:
        """Subscribe to a run, from after the event `last_id`, or from a snapshot.

        With `propagation_id`, the `done` events of other propagations are left out; `changed` is
        what several that are read as one wait by. Raises StorageUnavailable where Redis can't be
        read at the start.
        """
        subscription = Subscription(
            lambda: self._snapshot(digest),
            propagation_id=propagation_id,
            heartbeat_s=self._heartbeat_s,
            changed=changed,
        )
        snapshot = self._runs.snapshot(digest)
        self._register(digest, subscription, _Topic(snapshot.event_id, snapshot.run))
        try:
            subscription.begin(*self._missed(digest, last_id))
            yield subscription
        finally:
            self._unregister(digest, subscription)

    @contextmanager
    def subscribe_all(self, wanted: Mapping[str, str]) -> Iterator[Subscriptions]:
        """Subscribe to propagations, by id with the digest of its run; each from a snapshot.

        Raises StorageUnavailable where Redis can't be read at the start.
        """
        changed = threading.Condition()
        several = Subscriptions(changed, self._heartbeat_s)
        with ExitStack() as stack:
            for name, digest in wanted.items():
                one = self.subscribe(digest, propagation_id=name, changed=changed)
                several.add(name, stack.enter_context(one))
            yield several

    def close(self) -> None:
        """End every subscription, then the reader."""
        with self._changed:
            self._closed = True
            for topic in self._topics.values():
                for subscriber in topic.subscribers:
                    subscriber.close()
            self._changed.notify_all()
        if self._thread is not None:
            with suppress(StorageError):
                self._wake()
            self._thread.join(CLOSING_S)

    def _register(self, digest: str, subscription: Subscription, topic: _Topic) -> None:
        with self._changed:
            self._topics.setdefault(digest, topic).subscribers.append(subscription)
            if self._closed:
                subscription.close()
            elif self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._read, name="events", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _unregister(self, digest: str, subscription: Subscription) -> None:
        with self._changed:
            topic = self._topics[digest]
            topic.subscribers.remove(subscription)
            if not topic.subscribers:
                del self._topics[digest]

    def _missed(self, digest: str, last_id: str | None) -> tuple[list[Event], str]:
        """Return the events after `last_id`, or a snapshot if it is gone; and their start."""
        self._wake()
        missed = self._since(digest, last_id) if last_id else None
        return ([self._snapshot(digest)], START) if missed is None else (missed, last_id or START)

    def _wake(self) -> None:
        """Have the reader, which waits for other runs' events, read its topics again.

        If this falls between two of its waits, it reads them within a second anyway.
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
                self._send(name.decode(), entries)

    def _cursors(self) -> dict[str, str]:
        """Wait for subscribers; return each stream with the last id read. Empty: closed."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._topics) or self._closed)
            if self._closed:
                return {}
            return {keys.events(digest): topic.cursor for digest, topic in self._topics.items()}

    def _send(self, stream: str, entries: list[_Entry]) -> None:
        digest = stream.split("/")[1]
        events = [Event.from_entry(digest, *entry) for entry in entries]
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None:
                return
            topic.cursor, topic.run = events[-1].id or START, events[-1].run
            for subscriber in topic.subscribers:
                subscriber.send(*events)

    def _check(self, reader: redis.Redis) -> None:
        """Check that each stream still has the event read last, and its run's queue position."""
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
                self._send_position(digest, rank + 1)

    def _restart(self, digest: str) -> None:
        """Give every subscriber a snapshot: the event read last was trimmed, or Redis flushed."""
        snapshot = self._runs.snapshot(digest)
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None:
                return
            topic.cursor, topic.run = snapshot.event_id, snapshot.run
            for subscriber in topic.subscribers:
                subscriber.restart(_event(snapshot))

    def _send_position(self, digest: str, position: int) -> None:
        with self._changed:
            topic = self._topics.get(digest)
            if topic is None or topic.run is None or topic.run.position in {None, position}:
                return
            topic.run = replace(topic.run, position=position)
            for subscriber in topic.subscribers:
                subscriber.send(Event(None, "status", topic.run))


def _one_connection(client: redis.Redis) -> redis.Redis:
    reader: redis.Redis = client.client()  # type: ignore[no-untyped-call]  # redis-py's own gap
    return reader


def _event(snapshot: Snapshot) -> Event:
    event_id = None if snapshot.event_id == START else snapshot.event_id
    return Event(event_id, "status", snapshot.run)
