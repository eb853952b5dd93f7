"""The HTTP interface for programs: `/api/v1/propagations`, as `/docs` describes it."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request

from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest, NotFound
from frontend.propagations.cost import cost_of
from frontend.web import commands
from frontend.web.api.event_stream import event_stream
from frontend.web.api.member_table import members_metadata_reply
from frontend.web.api.parameters import MAX_DRAWN, OVERVIEW, PATH, RECORDS, STATES
from frontend.web.api.path_reply import path_reply
from frontend.web.api.record_reply import record_reply, states_file, window_of
from frontend.web.auth.authorization import require_start
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.compression import compress
from frontend.web.http.limits import TIMES_BODY_LIMIT_BYTES
from frontend.web.http.negotiation import chosen_format
from frontend.web.http.path_prefix import at, document_at
from frontend.web.http.propagation_address import read_address, read_run_address
from frontend.web.http.record_stream import API_FORMATS, records_metadata_reply
from frontend.web.http.request_body import PropagationBody, TimesBody, read_body
from frontend.web.http.responses import (
    etag_of,
    events_reply,
    json_bytes,
    json_reply,
    packed_reply,
    started,
    unchanged,
    written_reply,
)
from sim.cost_model import figure_seconds

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from sim.scenario import PropagationRequest

__all__ = ["blueprint"]

RETRY_AFTER_S: Final = 2  # how often a program that follows no events may ask how far a run is

blueprint = Blueprint("api", __name__, url_prefix=API_ROOT)


@blueprint.post("")
def start() -> Response:
    """Request a propagation: return its result, join the run under way, or enqueue one.

    With `dry_run` only what it would cost.
    """
    require_start()
    query_params.read(request.args, ())
    body = read_body(PropagationBody, request)
    propagation_request = services().propagations.asked(
        steps=body.steps,
        until=body.until,
        stop=body.stop,
        seed=body.seed,
        member=body.member if "member" in body.model_fields_set else None,
        members=body.members,
        scenario=body.scenario,
        dispersion=body.dispersion,
        agents=body.agents,
    )
    if body.dry_run:
        cost = cost_of(services().propagations, services().settings, propagation_request)
        return json_reply(asdict(cost))
    return _accepted(commands.start(propagation_request))


def _accepted(resource: Resource) -> Response:
    is_over = resource.status.is_over
    status = HTTPStatus.OK if is_over else HTTPStatus.ACCEPTED
    response = written_reply(document_at(resource, request.script_root), status)
    response.headers["Location"] = at(resource.links.self)
    if not is_over:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


@blueprint.get("/<propagation_id>")
def show(propagation_id: str) -> Response:
    """Return the resource of a propagation that was requested before."""
    propagation_request, _ = read_address(propagation_id, follow=False)
    return written_reply(document_at(_known(propagation_request), request.script_root))


@blueprint.delete("/<propagation_id>")
def remove(propagation_id: str) -> Response:
    """Cancel a run under way, or delete a finished result."""
    require_start()
    propagation_request, _ = read_address(propagation_id, follow=False)
    commands.remove(propagation_request)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/<propagation_id>/records")
def records(propagation_id: str) -> Response:
    """Stream the records: all, those of a window, some of them, or the states at times."""
    propagation_request, values = read_run_address(propagation_id, RECORDS)
    form = chosen_format(API_FORMATS, values["format"])
    return record_reply(propagation_request, form, values)


@blueprint.post("/<propagation_id>/records")
def states(propagation_id: str) -> Response:
    """Stream the states at the times of the body; nothing is changed or started."""
    propagation_request, values = read_run_address(propagation_id, STATES)
    form = chosen_format(API_FORMATS, values["format"])
    request.max_content_length = TIMES_BODY_LIMIT_BYTES
    body = read_body(TimesBody, request)
    return states_file(propagation_request, form, body.times, values["agent"])


@blueprint.get("/<propagation_id>/metadata")
def metadata(propagation_id: str) -> Response:
    """Return what files of the records, or of the table of members, say of themselves."""
    propagation_request, _ = read_address(propagation_id)
    if propagation_request.is_ensemble:
        return members_metadata_reply(propagation_request)
    return records_metadata_reply(propagation_request)


@blueprint.get("/<propagation_id>/overview")
def overview(propagation_id: str) -> Response:
    """Return what a figure shows of a window, at the resolution of its pixels."""
    propagation_request, values = read_run_address(propagation_id, OVERVIEW)
    window_of(values)
    opening = services().propagations.opening(propagation_request)
    opening()  # in a turn of its own, and not kept while this waits for the figure's
    scenario, steps = propagation_request.trajectory.scenario, propagation_request.steps
    agents = _drawn_agents(values, len(scenario.agents))
    view = (values["t0"], values["t1"], values["pixels"], values["frame"])
    etag = etag_of(scenario.model.version, propagation_request.id, "overview", *view, agents)
    response = unchanged(etag)
    if response is None:
        packed = services().overviews.find(etag)
        if packed is None:
            # Twice: the bins of the window are joined.
            held_bytes = 2 * services().propagations.held_bytes(propagation_request)
            cost_s = figure_seconds(scenario, steps, agents)
            with services().admission.admit(cost_s, held_bytes=held_bytes):
                packed = services().overviews.get(
                    etag,
                    lambda: compress(
                        json_bytes(opening().overview(*view, agents=agents).to_json())
                    ),
                )
        response = packed_reply(packed, etag)
    return response


@blueprint.get("/<propagation_id>/path")
def path(propagation_id: str) -> Response:
    """Return the states of agents in a window, as bytes."""
    propagation_request, values = read_run_address(propagation_id, PATH)
    window_of(values)
    return path_reply(propagation_request, values)


@blueprint.get("/<propagation_id>/events")
def events(propagation_id: str) -> Response:
    """Stream the status and progress of a propagation as they change."""
    propagation_request, _ = read_address(propagation_id, follow=False)
    resource = _known(propagation_request)
    if request.method == "HEAD":
        return events_reply(())
    last_id = request.headers.get("Last-Event-ID")
    stream = event_stream(
        services(), propagation_request, resource, last_id, prefix=request.script_root
    )
    return events_reply(started(stream))


def _known(propagation_request: PropagationRequest) -> Resource:
    """Return the resource of a propagation that was requested before; raises NotFound."""
    resource = services().propagations.find(propagation_request)
    if resource is None:
        raise NotFound(
            f"{propagation_request.id} has not been requested yet; POST it to {API_ROOT}."
        )
    return resource


def _drawn_agents(values: dict[str, Any], existing: int) -> int:
    """Return how many of the existing agents to draw; raises BadRequest at too many pixels."""
    pixels: int = values["pixels"]
    agents: int = min(values["agents"], existing)
    if pixels * agents > MAX_DRAWN:
        raise BadRequest(
            f"pixels times agents must be at most {MAX_DRAWN}: ask for "
            f"pixels={MAX_DRAWN // agents}, or for agents={MAX_DRAWN // pixels}."
        )
    return agents
