"""The HTTP interface for programs: `/api/v1/propagations`, as `/docs` describes it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request

from frontend import query, starts
from frontend.access import require_start, services
from frontend.bodies import PropagationBody, read_body
from frontend.compression import compress
from frontend.errors import BadRequest, NotFound
from frontend.readers import few_at_a_time, while_read
from frontend.replies import (
    etag_of,
    events_reply,
    json_bytes,
    packed_reply,
    started,
    stream_reply,
    unchanged,
    written_reply,
)
from frontend.resource import API_ROOT
from frontend.streams import event_stream
from frontend.tables import SHOWN_AGENTS
from sim.export import FORMATS, MAX_POINTS, export, thin
from sim.model import MAX_AGENTS, MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from frontend.query import Parameter
    from frontend.resource import Resource
    from sim import Propagation
    from sim.export import Format
    from sim.model import PropagationRequest

__all__ = ["OVERVIEW", "RECORDS", "REQUEST", "blueprint", "records_reply"]

RETRY_AFTER_S: Final = 2
PIXELS: Final = 16_384  # more would ask for more than an overview holds
DRAWN: Final = 4_096 * SHOWN_AGENTS  # pixels times agents: as many as the page asks for at most
UNBOUNDED: Final = float("inf")

REQUEST: Final[tuple[Parameter, ...]] = (
    query.Text("seed", "The seed, where the id is a step count."),
    query.Text("members", "The members of the ensemble, where the id is a step count."),
)
WINDOW: Final[tuple[Parameter, ...]] = (
    query.Real("t0", "The window's beginning, in the simulation's time."),
    query.Real("t1", "The window's end."),
)
RECORDS: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    query.Choice(
        "format",
        tuple(name for name in FORMATS if name != "js"),
        "The file's format.",
        default="json",
    ),
    *WINDOW,
    query.Whole(
        "max_points",
        1,
        MAX_POINTS,
        "At most so many records: those with the extremes of x and y, evenly shared by the agents.",
    ),
)
OVERVIEW: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    *WINDOW,
    query.Whole("pixels", 16, PIXELS, "How wide it will be drawn.", default=1_024),
    query.Choice(
        "frame",
        ("inertial", "primary"),
        "Whether paths are as they are, or relative to each agent's primary.",
        default="inertial",
    ),
    query.Whole(
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
    query.read(request.args, ())
    body = read_body(PropagationBody, request)
    propagations = services().propagations
    wanted = propagations.request(
        steps=body.steps, seed=body.seed, members=body.members, scenario=body.scenario
    )
    return _accepted(starts.start(wanted))


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
    starts.remove(wanted)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/<propagation_id>/records")
def records(propagation_id: str) -> Response:
    """Stream the records, or those of a window, or as many as are to be drawn."""
    wanted, values = _read(propagation_id, RECORDS)
    form = FORMATS[values["format"]]
    window = _window(values)
    name = f"propagation-{wanted.id}{form.suffix}"
    return records_reply(wanted, form, window, values["max_points"], attachment=name)


def records_reply(
    wanted: PropagationRequest,
    form: Format,
    window: tuple[float, float] = (-UNBOUNDED, UNBOUNDED),
    max_points: int | None = None,
    *,
    attachment: str | None = None,
) -> Response:
    """Answer with records in a format, 304 if the client has them; raises NotReady, NotFound."""
    opened = services().propagations.open(wanted)
    etag = etag_of(MODEL_VERSION, wanted.id, form.name, *window, max_points)
    response = unchanged(etag)
    if response is None:
        chunks = iter(()) if request.method == "HEAD" else _chunks(opened, form, window, max_points)
        response = stream_reply(chunks, form.media_type, attachment=attachment)
        response.set_etag(etag)
    return response


def _chunks(
    opened: Propagation, form: Format, window: tuple[float, float], max_points: int | None
) -> Iterator[bytes]:
    """Make the file piece by piece."""
    cache = services().store.slice_cache(opened.trajectory.digest)
    batches = opened.slices(*window, cache)
    if max_points is None:
        return started(export(batches, form))
    read = while_read(batches, request.environ.get("gunicorn.socket"))
    thinned = thin(read, max_points, agents=len(opened.trajectory.scenario.agents))
    return started(few_at_a_time(export(thinned, form)))


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
    values = query.read(request.args, parameters)
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
