"""Subscriptions to runs: bounded queues between the event hub and a response's generator.

- Events come in order, each once, even if one is sent twice (as missed, and live).
- A subscriber that lags loses what it missed, and gets a snapshot of the run instead.
- `Subscriptions` reads several of them, which share a condition, as one.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from frontend.domain.resource import Status
from frontend.domain.run import RunState
from frontend.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["HEARTBEAT", "START", "Event", "Subscription", "Subscriptions", "order"]

UNREAD_AT_MOST: Final = 256
SNAPSHOT_RETRY_S: Final = 0.5
START: Final = "0-0"
_ID_PART: Final = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its id (None: it can't be resumed from), its name, and the run as it was then.

    A `done` names the propagation that is over, and how it ended. A `heartbeat` carries nothing.
    """

    id: str | None
    name: Literal["status", "progress", "done", "heartbeat"]
    run: RunState | None = None
    propagation_id: str | None = None
    outcome: Status | None = None

    @classmethod
    def from_entry(cls, digest: str, event_id: bytes, fields: dict[bytes, bytes]) -> Event:
        """Read an entry of a run's stream."""
        outcome = fields.get(b"outcome")
        propagation_id = fields.get(b"id")
        return cls(
            id=event_id.decode(),
            name=fields[b"event"].decode(),  # type: ignore[arg-type]  # only our own scripts write it
            run=RunState.from_fields(digest, fields),
            propagation_id=propagation_id.decode() if propagation_id else None,
            outcome=Status(outcome.decode()) if outcome else None,
        )


HEARTBEAT: Final = Event(None, "heartbeat")


def order(event_id: str) -> tuple[int, int]:
    """Return the sort key of a stream id (`<ms>-<number>`); text that is no id comes first."""
    parts = event_id.split("-")
    if len(parts) != 2 or not all(_ID_PART.fullmatch(part) for part in parts):  # noqa: PLR2004  # ms and number
        return (0, 0)
    ms, number = (int(part) for part in parts)
    return (ms, number) if max(ms, number) < 2**64 else (0, 0)


class Subscription:
    """One subscription: iterate over it for events, and heartbeats while there are none."""

    def __init__(
        self,
        snapshot: Callable[[], Event],
        *,
        propagation_id: str | None,
        heartbeat_s: float,
        changed: threading.Condition | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._only = propagation_id
        self._heartbeat_s = heartbeat_s
        self._changed = changed or threading.Condition()
        self._events: deque[Event] = deque()
        self._stale = False
        self._closed = False
        self._received = (0, 0)

    def __iter__(self) -> Iterator[Event]:
        """Yield events until the hub closes."""
        while (event := self._next()) is not None:
            if self._is_news(event):
                yield event

    def _is_news(self, event: Event) -> bool:
        """Whether its reader has not received it yet, and is meant by it."""
        if event.id is not None:
            if order(event.id) <= self._received:
                return False
            self._received = order(event.id)
        return self._only is None or event.propagation_id in {None, self._only}

    def send(self, *events: Event) -> None:
        """Hand over events; where too many are unread, a snapshot replaces them."""
        with self._changed:
            if len(self._events) + len(events) > UNREAD_AT_MOST:
                self._events.clear()
                self._stale = True
            else:
                self._events.extend(events)
            self._changed.notify()

    def restart(self, snapshot: Event) -> None:
        """Start anew from a snapshot: the stream that was read is gone."""
        with self._changed:
            self._events.clear()
            self._events.append(snapshot)
            self._received = (0, 0)
            self._changed.notify()

    def begin(self, events: list[Event], received: str) -> None:
        """Start with the events that were missed; those sent meanwhile come after them."""
        with self._changed:
            self._events.extendleft(reversed(events))
            self._received = order(received)

    def close(self) -> None:
        """End the iteration."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _next(self) -> Event | None:
        with self._changed:
            self._changed.wait_for(self._is_ready, self._heartbeat_s)
            if self._closed:
                return None
            if not self._stale:
                return self._events.popleft() if self._events else HEARTBEAT
        return self._catch_up()

    @property
    def is_closed(self) -> bool:
        """Whether the hub has closed."""
        return self._closed

    def has_more(self) -> bool:
        """Whether there is something to read now, or never again."""
        return self._is_ready()

    def news(self) -> Event | None:
        """Return what is to be read now, if it is news; None otherwise. Waits for nothing."""
        event = self._next() if self._is_ready() else None
        return event if event is not None and self._is_news(event) else None

    def _is_ready(self) -> bool:
        return bool(self._events) or self._stale or self._closed

    def _catch_up(self) -> Event:
        try:
            snapshot = self._snapshot()
        except StorageError:
            with self._changed:  # sent again when Redis is back, or tried at the next heartbeat
                self._changed.wait_for(lambda: self._closed, SNAPSHOT_RETRY_S)
            return HEARTBEAT
        with self._changed:
            self._stale = False
        return snapshot


class Subscriptions:
    """Several subscriptions by name, read as one: iterate for names and events.

    All of them wait by the condition `changed`. A heartbeat has the name "".
    """

    def __init__(self, changed: threading.Condition, heartbeat_s: float) -> None:
        self._changed = changed
        self._heartbeat_s = heartbeat_s
        self._all: dict[str, Subscription] = {}

    def __iter__(self) -> Iterator[tuple[str, Event]]:
        """Yield events until the hub closes, or nothing is left to follow."""
        while self._all:
            with self._changed:
                self._changed.wait_for(self._is_ready, self._heartbeat_s)
            ready = [pair for pair in self._all.items() if pair[1].has_more()]
            if not ready:
                yield "", HEARTBEAT
            for name, subscription in ready:
                if subscription.is_closed:
                    return
                if (event := subscription.news()) is not None:
                    yield name, event

    def add(self, name: str, subscription: Subscription) -> None:
        """Read this one, too."""
        self._all[name] = subscription

    def drop(self, name: str) -> None:
        """Read this one no longer."""
        self._all.pop(name, None)

    def _is_ready(self) -> bool:
        return any(one.has_more() for one in self._all.values())
