"""The page of one propagation, with its files.

- Opening the page of a propagation starts the run that it needs, but only for a reader. Everything
  else that changes anything is a form that is posted.
- Without JavaScript the pages show the progress, and reload themselves.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, render_template, request

from frontend.domain.resource import Links
from frontend.errors import BadRequest, NotFound
from frontend.propagations.requests import whole_number
from frontend.web import commands
from frontend.web.auth.authorization import require_start, starts_by_looking
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.path_prefix import at
from frontend.web.http.propagation_address import read_address, read_run_address
from frontend.web.http.record_stream import PAGE_FILES, records_reply
from frontend.web.pages.ensemble_view import EnsembleView
from frontend.web.pages.home_routes import PRESET, chosen_preset
from frontend.web.pages.reply import page
from frontend.web.pages.view_model import View
from sim.order import Order

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from sim.scenario import PropagationRequest

__all__ = ["blueprint"]

UNTIL: Final = (*query_params.REQUEST, query_params.Real("until", "The time to reach."), PRESET)

blueprint = Blueprint("pages", __name__)


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
    if wanted.is_ensemble:
        return page(render_template("ensemble.html", view=EnsembleView(wanted, resource)))
    return page(render_template("propagation.html", view=View(wanted, resource)))


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
        raise BadRequest("Choose start or cancel: nothing else can be done to a run here.")
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
    chosen = None if values["preset"] is None else chosen_preset(values["preset"])
    if values["until"] is None and chosen is None:
        raise NotFound("Say how many steps, as in /propagate/500, or a time: /propagate?until=100.")
    wanted = services().propagations.asked(
        steps=chosen.steps if chosen is not None and values["until"] is None else None,
        until=values["until"],
        seed=0 if values["seed"] is None else whole_number(values["seed"], "seed"),
        member=None if values["member"] is None else whole_number(values["member"], "member"),
        members=1
        if values["members"] is None
        else whole_number(values["members"], "number of members"),
        scenario=None if chosen is None else chosen.scenario.to_json(),
    )
    resource = commands.start(wanted) if starts_by_looking() else commands.find_or_start(wanted)
    if resource is None:
        raise NotFound("This run has not been requested yet; start it from the home page.")
    answer = resource.order.came_to if resource.order is not None else None
    return redirect(at(Links.of(answer or resource.id).page), HTTPStatus.SEE_OTHER)


def _wanted(propagation_id: str) -> PropagationRequest:
    """Read the id and the query of a file with the records of one trajectory."""
    propagation_request, _ = read_run_address(propagation_id, strict=False)
    return propagation_request
