"""Server-sent events of one propagation: `status`, `progress`, and `done` at the end.

- Each carries the whole resource, so a reader who has missed some needs no other.
- The stream ends after `done`, when the server stops, and when Redis goes away in its middle: a
  browser comes back by itself, with the id of the last event it heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.errors import StorageError
from frontend.observability.process_metrics import stream_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.bootstrap import Services
    from frontend.domain.resource import Resource
    from frontend.runs.subscription import Event
    from sim.scenario import PropagationRequest

__all__ = ["event_stream"]

RETRY: Final = b"retry: 1000\n\n"  # ms until a browser comes back
HEARTBEAT: Final = b": still here\n\n"


def event_stream(
    services: Services, wanted: PropagationRequest, resource: Resource, last_id: str | None
) -> Iterator[bytes]:
    """Yield the events of a propagation that is known; raises StorageError before the first."""
    if resource.status.is_over:
        yield _written("done", None, resource)
        return
    digest = wanted.trajectory.digest
    with (
        services.hub.subscribe(digest, last_id, propagation_id=wanted.id) as subscription,
        stream_open(),
    ):
        yield RETRY
        for event in subscription:
            if event.name == "heartbeat":
                yield HEARTBEAT
                continue
            try:
                told = _told(services, wanted, event)
            except StorageError:
                return
            if told is None:  # removed, or forgotten: whoever comes back is told so
                return
            if told.status.is_over:
                yield _written("done", event.id, told)
                return
            yield _written(event.name, event.id, told)


def _told(services: Services, wanted: PropagationRequest, event: Event) -> Resource | None:
    """Return the resource as of an event; where something is over, what is stored counts."""
    run = event.run
    if run is None or event.outcome is not None or run.status.is_over:
        return services.propagations.find(wanted)
    return services.propagations.resource_for(wanted, run)


def _written(name: str, event_id: str | None, resource: Resource) -> bytes:
    """Write one event (HTML Living Standard, section 9.2.6)."""
    identity = b"" if event_id is None else b"id: " + event_id.encode() + b"\n"
    return identity + b"event: " + name.encode() + b"\ndata: " + resource.document + b"\n\n"
