"""The HTTP interface for programs: `/api/v1/propagations`, as `/docs` describes it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request

from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest, NotFound
from frontend.web import commands
from frontend.web.api.event_stream import event_stream
from frontend.web.auth.authorization import require_start
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.compression import compress
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import UNBOUNDED, records_reply
from frontend.web.http.request_body import PropagationBody, read_body
from frontend.web.http.responses import (
    etag_of,
    events_reply,
    json_bytes,
    packed_reply,
    started,
    unchanged,
    written_reply,
)
from sim.engine import SHOWN_AGENTS
from sim.export import FORMATS, MAX_POINTS
from sim.scenario import MAX_AGENTS, MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontend.domain.resource import Resource
    from frontend.web.http.query_params import Parameter
    from sim.scenario import PropagationRequest

__all__ = ["OVERVIEW", "RECORDS", "blueprint"]

RETRY_AFTER_S: Final = 2
PIXELS: Final = 16_384  # more would ask for more than an overview holds
DRAWN: Final = 4_096 * SHOWN_AGENTS  # pixels times agents: as many as the page asks for at most

WINDOW: Final[tuple[Parameter, ...]] = (
    query_params.Real("t0", "The window's beginning, in the simulation's time."),
    query_params.Real("t1", "The window's end."),
)
RECORDS: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    query_params.Choice(
        "format",
        tuple(name for name in FORMATS if name != "js"),
        "The file's format.",
        default="json",
    ),
    *WINDOW,
    query_params.Whole(
        "max_points",
        1,
        MAX_POINTS,
        "At most so many records: those with the extremes of x and y, evenly shared by the agents.",
    ),
)
OVERVIEW: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    *WINDOW,
    query_params.Whole("pixels", 16, PIXELS, "How wide it will be drawn.", default=1_024),
    query_params.Choice(
        "frame",
        ("inertial", "primary"),
        "Whether paths are as they are, or relative to each agent's primary.",
        default="inertial",
    ),
    query_params.Whole(
        "agents",
        1,
        MAX_AGENTS,
        f"So many agents at most, the first ones; times pixels it may be at most {DRAWN}.",
        default=SHOWN_AGENTS,
    ),
)

blueprint = Blueprint("api", __name__, url_prefix=API_ROOT)


@blueprint.post("")
def start() -> Response:
    """Ask for a propagation: give the one that is there, join the one under way, or line up."""
    require_start()
    query_params.read(request.args, ())
    body = read_body(PropagationBody, request)
    propagations = services().propagations
    wanted = propagations.request(
        steps=body.steps, seed=body.seed, members=body.members, scenario=body.scenario
    )
    return _accepted(commands.start(wanted))


def _accepted(resource: Resource) -> Response:
    settled = resource.status.is_over
    status = HTTPStatus.OK if settled else HTTPStatus.ACCEPTED
    response = written_reply(resource.document, status)
    response.headers["Location"] = resource.links.self
    if not settled:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


@blueprint.get("/<propagation_id>")
def show(propagation_id: str) -> Response:
    """Give the resource of a propagation that was asked for."""
    wanted, _ = _read(propagation_id, REQUEST)
    return written_reply(_known(wanted).document)


@blueprint.delete("/<propagation_id>")
def remove(propagation_id: str) -> Response:
    """Cancel a run under way, or delete a finished result."""
    require_start()
    wanted, _ = _read(propagation_id, REQUEST)
    commands.remove(wanted)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/<propagation_id>/records")
def records(propagation_id: str) -> Response:
    """Stream the records, or those of a window, or as many as are to be drawn."""
    wanted, values = _read(propagation_id, RECORDS)
    form = FORMATS[values["format"]]
    window = _window(values)
    name = f"propagation-{wanted.id}{form.suffix}"
    return records_reply(wanted, form, window, values["max_points"], attachment=name)


@blueprint.get("/<propagation_id>/overview")
def overview(propagation_id: str) -> Response:
    """Give what is drawn of a window, as finely as its pixels ask for."""
    wanted, values = _read(propagation_id, OVERVIEW)
    _window(values)
    opened = services().propagations.open(wanted)
    agents = _drawn(values, len(opened.trajectory.scenario.agents))
    asked = (values["t0"], values["t1"], values["pixels"], values["frame"])
    etag = etag_of(MODEL_VERSION, wanted.id, "overview", *asked, agents)
    response = unchanged(etag)
    if response is None:
        packed = services().overviews.get(
            etag, lambda: compress(json_bytes(opened.overview(*asked, agents=agents).to_json()))
        )
        response = packed_reply(packed, etag)
    return response


@blueprint.get("/<propagation_id>/events")
def events(propagation_id: str) -> Response:
    """Tell how a propagation goes on, as it goes on."""
    wanted, _ = _read(propagation_id, REQUEST)
    resource = _known(wanted)
    if request.method == "HEAD":
        return events_reply(())
    last_id = request.headers.get("Last-Event-ID")
    return events_reply(started(event_stream(services(), wanted, resource, last_id)))


def _read(
    propagation_id: str, parameters: Sequence[Parameter]
) -> tuple[PropagationRequest, dict[str, Any]]:
    """Read an id and a query; raises BadRequest, NotFound."""
    values = query_params.read(request.args, parameters)
    wanted = services().propagations.parse_id(
        propagation_id, seed=values["seed"], members=values["members"]
    )
    return wanted, values


def _known(wanted: PropagationRequest) -> Resource:
    """Return the resource of something that was asked for; raises NotFound."""
    resource = services().propagations.find(wanted)
    if resource is None:
        raise NotFound(f"Nobody has asked for {wanted.id} yet; POST to {API_ROOT} does.")
    return resource


def _window(values: dict[str, Any]) -> tuple[float, float]:
    t0 = -UNBOUNDED if values["t0"] is None else values["t0"]
    t1 = UNBOUNDED if values["t1"] is None else values["t1"]
    if not t0 < t1:
        raise BadRequest("t0 must be smaller than t1.")
    return t0, t1


def _drawn(values: dict[str, Any], there: int) -> int:
    """Return how many agents of those that are there are drawn; raises BadRequest if too finely."""
    pixels: int = values["pixels"]
    agents: int = min(values["agents"], there)
    if pixels * agents > DRAWN:
        raise BadRequest(
            f"pixels times agents must be at most {DRAWN}: ask for pixels={DRAWN // agents}, "
            f"or for agents={DRAWN // pixels}."
        )
    return agents
