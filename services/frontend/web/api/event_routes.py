"""`/api/v1/events`: what happens to several propagations, as one stream of server-sent events.

A browser has six connections to a host. Its pages follow all their runs by one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from frontend.errors import BadRequest, NotFound
from frontend.web.api.event_stream import event_stream_of_several
from frontend.web.api.parameters import EVENTS
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.responses import events_reply, started

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from sim.scenario import PropagationRequest

__all__ = ["EVENTS_PATH", "blueprint"]

EVENTS_PATH: Final = "/api/v1/events"

blueprint = Blueprint("events", __name__)


@blueprint.get(EVENTS_PATH)
def events() -> Response:
    """Stream the status and progress of the propagations with these ids."""
    ids = query_params.read(request.args, EVENTS)["ids"]
    if not ids:
        raise BadRequest("Say which propagations to follow: ids=500-0123456789abcdef,1000.")
    if request.method == "HEAD":
        return events_reply(())
    wanted = {one: _found(one) for one in ids}
    stream = event_stream_of_several(services(), wanted, prefix=request.script_root)
    return events_reply(started(stream))


def _found(propagation_id: str) -> tuple[PropagationRequest, Resource] | None:
    """Return what the id names, and its resource; None where nobody has asked for it."""
    propagations = services().propagations
    try:
        wanted = propagations.parse_id(propagation_id)
    except NotFound:
        return None
    resource = propagations.find(wanted)
    return None if resource is None else (wanted, resource)
