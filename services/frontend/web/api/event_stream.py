"""Server-sent events of propagations: `status`, `progress`, and finally `done`.

- Each event carries the whole resource, so a client needs none that it has missed.
- A stream ends after the last `done`, when the server stops, and when Redis becomes unavailable or
  the server is busy. A browser then reconnects, with the id of the last event that it received.
- One stream may be of several propagations, so that a browser with many pages needs one. Its events
  have no ids: who reconnects begins with each propagation as it is then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from frontend.errors import Busy, StorageError
from frontend.observability.process_metrics import stream_open
from frontend.propagations.run_resource import milliseconds
from frontend.web.http.path_prefix import document_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.bootstrap import Services
    from frontend.domain.resource import Resource
    from frontend.runs.subscription import Event
    from sim.scenario import PropagationRequest

__all__ = ["event_stream", "event_stream_of_several"]

RETRY: Final = b"retry: 1000\n\n"  # ms until a browser reconnects
HEARTBEAT: Final = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class _Followed:
    """A propagation that is followed, with its resource at the beginning."""

    request: PropagationRequest
    first: Resource

    def at(self, services: Services, event: Event) -> Resource | None:
        """Return the resource as of an event, at the end of a run as it is stored; None: removed.

        Events of a run do not say when each id was asked for; the first resource does.
        """
        run = event.run
        if run is None or event.outcome is not None or run.status.is_over:
            return services.propagations.find(self.request)
        asked = run.asked or self.first_asked
        return services.propagations.resource_for(self.request, replace(run, asked=asked))

    @property
    def first_asked(self) -> Mapping[str, int]:
        """When it was asked for, as the run at the beginning said."""
        asked_ms = milliseconds(self.first.timings.asked_at)
        return {} if asked_ms is None else {self.request.id: asked_ms}


def event_stream(
    services: Services,
    propagation_request: PropagationRequest,
    resource: Resource,
    last_id: str | None,
    *,
    prefix: str = "",
) -> Iterator[bytes]:
    """Yield the events of a propagation, beginning with its resource as it is now.

    `last_id` is the id of the last event that the client received; `prefix` is where it sees Porta
    (`path_prefix`). Raises StorageError, but only before the first event.
    """
    if resource.status.is_over:
        yield _event("done", None, document_at(resource, prefix))
        return
    digest, propagation_id = propagation_request.digest, propagation_request.id
    followed = _Followed(propagation_request, resource)
    with (
        services.hub.subscribe(digest, last_id, propagation_id=propagation_id) as subscription,
        stream_open(),
    ):
        yield RETRY
        for event in subscription:
            if event.name == "heartbeat":
                yield HEARTBEAT
                continue
            try:
                current = followed.at(services, event)
            except (Busy, StorageError):
                return
            if current is None:  # deleted or evicted: a client that reconnects gets a 404
                return
            if current.status.is_over:
                yield _event("done", event.id, document_at(current, prefix))
                return
            yield _event(event.name, event.id, document_at(current, prefix))


def event_stream_of_several(
    services: Services,
    wanted: Mapping[str, tuple[PropagationRequest, Resource] | None],
    *,
    prefix: str = "",
) -> Iterator[bytes]:
    """Yield the events of several propagations, by the id that each was asked for by.

    None is one that nobody has asked for: it gets a `gone`. Raises StorageError, but only before
    the first event.
    """
    begun = {name: _Followed(*pair) for name, pair in wanted.items() if pair is not None}
    live = {name: one for name, one in begun.items() if not one.first.status.is_over}
    digests = {one.request.id: one.request.digest for one in live.values()}
    names = {one.request.id: name for name, one in live.items()}
    with services.hub.subscribe_all(digests) as several, stream_open():
        yield RETRY
        for name, pair in wanted.items():
            if pair is None:
                yield _event("gone", None, _named(name, b"null"))
            elif name not in live:
                yield _event("done", None, _named(name, document_at(pair[1], prefix)))
        for propagation_id, event in several:
            if event.name == "heartbeat":
                yield HEARTBEAT
                continue
            name = names[propagation_id]
            try:
                current = live[name].at(services, event)
            except (Busy, StorageError):
                return
            is_over = current is None or current.status.is_over
            if is_over:
                several.drop(propagation_id)
            kind = "gone" if current is None else "done" if is_over else event.name
            document = b"null" if current is None else document_at(current, prefix)
            yield _event(kind, None, _named(name, document))


def _named(name: str, document: bytes) -> bytes:
    """Return the data of an event of one of several; an id needs no escaping."""
    return b'{"id":"' + name.encode() + b'","resource":' + document + b"}"


def _event(name: str, event_id: str | None, document: bytes) -> bytes:
    """Encode one event (HTML Living Standard, section 9.2.6)."""
    identity = b"" if event_id is None else b"id: " + event_id.encode() + b"\n"
    return identity + b"event: " + name.encode() + b"\ndata: " + document + b"\n\n"
