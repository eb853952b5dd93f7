"""Server-sent events of one propagation: `status`, `progress`, and finally `done`.

- Each event carries the whole resource, so a client needs none that it has missed.
- The stream ends after `done`, when the server stops, and when Redis becomes unavailable or
  the server is busy. A browser then reconnects, with the id of the last event that it received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.errors import Busy, StorageError
from frontend.observability.process_metrics import stream_open
from frontend.web.http.path_prefix import document_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.bootstrap import Services
    from frontend.domain.resource import Resource
    from frontend.runs.subscription import Event
    from sim.scenario import PropagationRequest

__all__ = ["event_stream"]

RETRY: Final = b"retry: 1000\n\n"  # ms until a browser reconnects
HEARTBEAT: Final = b": still here\n\n"


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
    digest, propagation_id = propagation_request.trajectory.digest, propagation_request.id
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
                current = _resource_at(services, propagation_request, event)
            except (Busy, StorageError):
                return
            if current is None:  # deleted or evicted: a client that reconnects gets a 404
                return
            if current.status.is_over:
                yield _event("done", event.id, document_at(current, prefix))
                return
            yield _event(event.name, event.id, document_at(current, prefix))


def _resource_at(
    services: Services, propagation_request: PropagationRequest, event: Event
) -> Resource | None:
    """Return the resource as of an event; at the end of a run, as it is stored."""
    run = event.run
    if run is None or event.outcome is not None or run.status.is_over:
        return services.propagations.find(propagation_request)
    return services.propagations.resource_for(propagation_request, run)


def _event(name: str, event_id: str | None, document: bytes) -> bytes:
    """Encode one event (HTML Living Standard, section 9.2.6)."""
    identity = b"" if event_id is None else b"id: " + event_id.encode() + b"\n"
    return identity + b"event: " + name.encode() + b"\ndata: " + document + b"\n\n"
