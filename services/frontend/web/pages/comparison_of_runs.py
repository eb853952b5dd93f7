"""Two single runs compared: their page, and the document that it draws.

- A run that is soon computed is computed for a reader of the page; nothing else is started.
- The document is determined by the ids of both, and may be kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import render_template

from frontend.errors import BadRequest
from frontend.web import commands
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.responses import etag_of, json_bytes, packed_reply, unchanged
from frontend.web.pages.comparison_view import RunsView
from frontend.web.pages.reply import page
from frontend.web.pages.run_differences import common_names, compare_runs
from sim.cost_model import figure_seconds
from sim.order import Order

if TYPE_CHECKING:
    from flask import Response

    from frontend.domain.resource import Resource
    from sim.scenario import PropagationRequest

__all__ = ["check", "document", "shown"]

FORM: Final = 1  # of the document; another one is kept under another name
COST_S: Final = 0.3  # to put two runs over one another, beside remaking them
AGENTS: Final = 12


def check(a: PropagationRequest, b: PropagationRequest) -> None:
    """Raise BadRequest for two runs that can't be compared."""
    for one in (a, b):
        if isinstance(one, Order):
            raise BadRequest(f"{one.id} has no number of steps yet; open its page first.")
    first, second = (one.trajectory.scenario for one in (a, b))
    if first.units != second.units:
        raise BadRequest(f"{a.id} and {b.id} have different units; compare runs of the same ones.")
    if not common_names(first, second):
        raise BadRequest(f"{a.id} and {b.id} have no agent of the same name.")


def shown(requests: tuple[PropagationRequest, PropagationRequest]) -> Response:
    """Show two runs over one another, or what is missing of them."""
    found = tuple(_found(one) for one in requests)
    return page(render_template("comparison_of_runs.html", view=RunsView(requests, found)))


def _found(wanted: PropagationRequest) -> Resource | None:
    known = services().propagations.find(wanted)
    if known is None and services().propagations.inline_basis(wanted) is not None:
        return commands.find_or_start(wanted)
    return known


def document(requests: tuple[PropagationRequest, PropagationRequest]) -> Response:
    """Return the paths of both, and how far apart they are at common times."""
    openings = [services().propagations.opening(one) for one in requests]
    for opening in openings:
        opening()  # in a turn of its own, and not kept while this waits for its turn
    models = [one.trajectory.scenario.model.version for one in requests]
    etag = etag_of("runs", FORM, *(one.id for one in requests), *models)
    response = unchanged(etag)
    if response is not None:
        return response
    packed = services().overviews.find(etag)
    if packed is None:
        packed = services().overviews.get(etag, lambda: _packed(requests))
    return packed_reply(packed, etag)


def _packed(requests: tuple[PropagationRequest, PropagationRequest]) -> bytes:
    """Compare two runs, in turns with others; raises Busy."""
    admission, propagations = services().admission, services().propagations
    cost_s = COST_S + sum(
        figure_seconds(one.trajectory.scenario, one.steps, AGENTS) for one in requests
    )
    held_bytes = 2 * sum(propagations.held_bytes(one) for one in requests)
    a, b = (propagations.open(one) for one in requests)
    with admission.admit(cost_s, held_bytes=held_bytes):
        compared: dict[str, Any] = compare_runs(a, b)
    return compress(json_bytes(compared))
