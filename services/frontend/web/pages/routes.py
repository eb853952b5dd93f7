"""The pages: the home page, and the page of one propagation with its files.

- Opening the page of a propagation starts the run that it needs, but only for a reader. Everything
  else that changes anything is a form that is posted.
- Without JavaScript the pages show the progress, and reload themselves.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from flask import Blueprint, Response, redirect, render_template, request

from frontend.domain.resource import Links
from frontend.errors import BadRequest, NotFound
from frontend.propagations.requests import step_count, whole_number
from frontend.web import commands
from frontend.web.auth.authorization import require_start, starts_by_looking
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.path_prefix import at
from frontend.web.http.propagation_address import read_address
from frontend.web.http.record_stream import PAGE_FILES, records_reply
from frontend.web.http.request_body import read_json_in_turn
from frontend.web.pages.view_model import View
from sim.errors import RequestError
from sim.order import Order
from sim.presets import preset, presets
from sim.scenario import NANO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as AnyResponse

    from sim.presets import Preset
    from sim.scenario import PropagationRequest

__all__ = ["blueprint"]

PICKS: Final = (500, 10_000, 1_000_000, 100_000_000)
RECENT: Final = 20
DEFAULT_STEPS: Final = 500
FIELDS: Final = {"steps": "", "until": "", "seed": "0", "member": "0", "scenario": ""}

PRESET: Final = query_params.Word("preset", "The name of a scenario that Porta brings.")
UNTIL: Final = (*query_params.REQUEST, query_params.Real("until", "The time to reach."), PRESET)

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> Response:
    """Show the form, what is under way, and what came out lately; with the preset of the query."""
    name = query_params.read(request.args, (PRESET,), strict=False)["preset"]
    if name is None:
        return _home(FIELDS)
    try:
        chosen = _preset(name)
    except BadRequest as error:
        return _home(FIELDS, problem=error.detail)
    form = {"steps": str(chosen.steps), "scenario": _written(chosen.scenario.to_json())}
    return _home(FIELDS | form, chosen=chosen)


@blueprint.post("/")
def submit() -> AnyResponse:
    """Ask for what the form says, and go to its page; a mistake comes back with the form."""
    require_start()
    form = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        resource = commands.start(_requested(form))
    except BadRequest as error:
        return _home(form, problem=error.detail)
    return redirect(at(resource.links.page), HTTPStatus.SEE_OTHER)


def _requested(form: Mapping[str, str]) -> PropagationRequest:
    """Read the form; raises BadRequest."""
    scenario = None
    if form["scenario"]:
        scenario = read_json_in_turn(form["scenario"], "The scenario")
    steps, until = form["steps"], form["until"]
    if steps and until:
        raise BadRequest("Give the steps or a time to reach, not both: leave one of them empty.")
    return services().propagations.asked(
        steps=None if until else step_count(steps or str(DEFAULT_STEPS)),
        until=query_params.Real("until", "").value(until) if until else None,
        seed=whole_number(form["seed"] or "0", "seed"),
        member=whole_number(form["member"] or "0", "member"),
        scenario=scenario,
    )


def _home(
    form: Mapping[str, str], problem: str | None = None, chosen: Preset | None = None
) -> Response:
    propagations, settings = services().propagations, services().settings
    page = render_template(
        "index.html",
        form=form,
        problem=problem,
        max_steps=settings.max_steps,
        default_steps=DEFAULT_STEPS,
        picks=[steps for steps in PICKS if steps <= settings.max_steps],
        example=_written(NANO.to_json()),
        chosen=chosen,
        presets=presets(),
        under_way=propagations.under_way(),
        recent=propagations.recent(RECENT),
    )
    return _page(page, HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK)


def _written(document: object) -> str:
    """Return JSON to be read and changed."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


@blueprint.get("/propagate/<propagation_id>")
def propagation(propagation_id: str) -> AnyResponse:
    """Show one propagation; start its run if there is none, and the request is a reader's.

    The page of an order leads to that of the propagation that it has come to, as soon as it has.
    """
    wanted, _ = read_address(propagation_id, strict=False, follow=False)
    resource = commands.find_or_start(wanted)
    if isinstance(wanted, Order) and resource is not None and resource.order is not None:
        answer = resource.order.came_to
        if answer is not None:
            return redirect(at(Links.of(answer).page), HTTPStatus.SEE_OTHER)
    return _page(render_template("propagation.html", view=View(wanted, resource)))


@blueprint.post("/propagate/<propagation_id>")
def act(propagation_id: str) -> AnyResponse:
    """Start a propagation (again), or cancel it, and come back to its page."""
    require_start()
    wanted, _ = read_address(propagation_id, strict=False, follow=False)
    action = request.form.get("action")
    if action == "start":
        resource = commands.start(wanted, retry=True)
        return redirect(at(resource.links.page), HTTPStatus.SEE_OTHER)
    if action != "cancel":
        raise BadRequest("A propagation can be started or cancelled here.")
    _cancel(wanted)
    return redirect(at(View(wanted, None).links.page), HTTPStatus.SEE_OTHER)


def _cancel(wanted: PropagationRequest) -> None:
    """Cancel a run; one that has ended meanwhile stays as it is."""
    found = services().propagations.find(wanted)
    if found is not None and not found.status.is_over:
        commands.remove(wanted)


def page_file(propagation_id: str, name: str) -> Response:
    """Stream the records as a file that a script element loads, such as data.js."""
    return records_reply(_wanted(propagation_id), PAGE_FILES[name])


for _name in PAGE_FILES:
    blueprint.add_url_rule(
        f"/propagate/<propagation_id>/{_name}", view_func=page_file, defaults={"name": _name}
    )


@blueprint.get("/propagate", strict_slashes=False)
def until() -> AnyResponse:
    """Go to the propagation up to a time, or to the page of the order that looks for it.

    A preset is propagated for as many steps as it has where no time is given.
    """
    values = query_params.read(request.args, UNTIL, strict=False)
    chosen = None if values["preset"] is None else _preset(values["preset"])
    if values["until"] is None and chosen is None:
        raise NotFound("Say how many steps, as in /propagate/500, or a time: /propagate?until=100.")
    wanted = services().propagations.asked(
        steps=chosen.steps if chosen is not None and values["until"] is None else None,
        until=values["until"],
        seed=0 if values["seed"] is None else whole_number(values["seed"], "seed"),
        member=0 if values["member"] is None else whole_number(values["member"], "member"),
        members=1
        if values["members"] is None
        else whole_number(values["members"], "number of members"),
        scenario=None if chosen is None else chosen.scenario.to_json(),
    )
    resource = commands.start(wanted) if starts_by_looking() else commands.find_or_start(wanted)
    if resource is None:
        raise NotFound("This was not asked for yet; ask for it on the first page.")
    answer = resource.order.came_to if resource.order is not None else None
    return redirect(at(Links.of(answer or resource.id).page), HTTPStatus.SEE_OTHER)


def _preset(name: str) -> Preset:
    """Return the preset of a query; raises BadRequest."""
    try:
        return preset(name)
    except RequestError as error:
        raise BadRequest(f"The {error}") from None


def _wanted(propagation_id: str) -> PropagationRequest:
    """Read the id and the query of a page."""
    propagation_request, _ = read_address(propagation_id, strict=False)
    return propagation_request


def _page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
