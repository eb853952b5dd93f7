"""Two ensembles or two runs compared: the page, and the document that it draws.

- Ensembles of one seed, with as many members, are compared in pairs where the members of both are
  kept; else as independent ones.
- Nothing is started, but by a reader who opens the page of one that is not there yet.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
from flask import Blueprint, redirect, render_template, request

from frontend.errors import BadRequest, NotFound
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.compression import compress
from frontend.web.http.path_prefix import at
from frontend.web.http.propagation_address import named_by
from frontend.web.http.responses import etag_of, json_bytes, packed_reply, unchanged
from frontend.web.pages import comparison_of_runs
from frontend.web.pages.comparison_view import ComparisonView
from frontend.web.pages.reply import page
from sim.ensemble.comparison import common_grid, compare, lost_at, paired_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from sim.kernel import Integers
    from sim.scenario import PropagationRequest

__all__ = ["blueprint"]

COST_S: Final = 0.05  # to compare two documents, and to write the third
MEMBER_S: Final = 4e-7  # to read and to count a member of both, for one agent
MEMBER_BYTES: Final = 64  # when each is lost, and what `paired_counts` makes of it
IDS: Final = (
    query_params.Word("first", "The id of a run or of an ensemble."),
    query_params.Word("second", "The id of another, or the address of its page."),
)

blueprint = Blueprint("comparison", __name__)


@blueprint.get("/compare")
def choose() -> AnyResponse:
    """Go to the comparison of the two that a form names."""
    values = query_params.read(request.args, IDS, strict=False)
    if values["first"] is None or values["second"] is None:
        raise BadRequest("Name two runs, or two ensembles, as in /compare/<id>/<id>.")
    first, second = named_by(values["first"]).id, named_by(values["second"]).id
    return redirect(at(f"/compare/{first}/{second}"), HTTPStatus.SEE_OTHER)


@blueprint.get("/compare/<first>/<second>")
def comparison(first: str, second: str) -> Response:
    """Show two over one another, or what is missing of them."""
    query_params.read(request.args, (), strict=False)
    requests = _requests(first, second)
    if not requests[0].is_ensemble:
        return comparison_of_runs.shown(requests)
    found = [services().propagations.find(one) for one in requests]
    view = ComparisonView(requests, tuple(found))
    return page(render_template("comparison_of_ensembles.html", view=view))


@blueprint.get("/compare/<first>/<second>/document")
def document(first: str, second: str) -> Response:
    """Return bands, survival and its difference; of two runs, paths and how far apart they are."""
    query_params.read(request.args, ())
    a, b = _requests(first, second)
    if not a.is_ensemble:
        return comparison_of_runs.document((a, b))
    digests = [services().ensembles.result_digest(one) for one in (a, b)]
    for one, digest in zip((a, b), digests, strict=True):
        if digest is None:
            raise services().propagations.absence(one)
    pairs = _are_pairs(a, b)
    try:
        return _reply(a, b, digests, pairs=pairs)
    except NotFound:
        if not pairs:
            raise
        return _reply(a, b, digests, pairs=False)  # members that were kept have gone meanwhile


def _reply(
    a: PropagationRequest, b: PropagationRequest, digests: list[str | None], *, pairs: bool
) -> Response:
    """Answer with the comparison, computed if nobody has it; raises NotFound and Busy."""
    etag = etag_of("comparison", *digests, pairs)
    response = unchanged(etag)
    if response is not None:
        return response
    packed = services().overviews.find(etag)
    if packed is None:
        counted = a.members * pairs
        cost_s = COST_S + MEMBER_S * counted * len(_of_both(a, b))
        with services().admission.admit(cost_s, held_bytes=MEMBER_BYTES * counted):
            packed = services().overviews.get(
                etag, lambda: compress(json_bytes(_compared(a, b, pairs=pairs)))
            )
    return packed_reply(packed, etag)


def _requests(first: str, second: str) -> tuple[PropagationRequest, PropagationRequest]:
    """Return two requests that can be compared; raises BadRequest and NotFound."""
    a, b = _named(first), _named(second)
    if a.id == b.id:
        raise BadRequest(f"{a.id} is compared with itself; name another one.")
    if a.is_ensemble != b.is_ensemble:
        one, other = (a, b) if a.is_ensemble else (b, a)
        raise BadRequest(
            f"{one.id} is an ensemble and {other.id} is a single run: compare two of a kind."
        )
    if not a.is_ensemble:
        comparison_of_runs.check(a, b)
    elif not _of_both(a, b):
        raise BadRequest(f"{a.id} and {b.id} have statistics of no agent of the same name.")
    return a, b


def _named(text: str) -> PropagationRequest:
    propagations = services().propagations
    return propagations.answer(propagations.parse_id(text))


def _analysed(of: PropagationRequest) -> list[str]:
    return [of.trajectory.scenario.names[a] for a in of.analysed]


def _of_both(a: PropagationRequest, b: PropagationRequest) -> list[str]:
    of_b = _analysed(b)
    return [name for name in _analysed(a) if name in of_b]


def _are_pairs(a: PropagationRequest, b: PropagationRequest) -> bool:
    """Whether members with one number are drawn by the same random numbers, and are kept."""
    if (a.members, a.trajectory.seed) != (b.members, b.trajectory.seed):
        return False
    return all(services().ensembles.has_members(one) for one in (a, b))


def _compared(a: PropagationRequest, b: PropagationRequest, *, pairs: bool) -> dict[str, Any]:
    summaries = [_summary(one) for one in (a, b)]
    dt = _steps_of(a, b)
    counted = _pairs(a, b, summaries, dt) if pairs else None
    return compare(summaries[0], summaries[1], dt=dt, pairs=counted)


def _summary(of: PropagationRequest) -> dict[str, Any]:
    found = services().ensembles.summary(of)
    if found is None:
        raise services().propagations.absence(of)
    summary: dict[str, Any] = orjson.loads(found)
    return summary


def _steps_of(a: PropagationRequest, b: PropagationRequest) -> tuple[float, float]:
    """Return the lengths of their steps where both are fixed, so that times are compared."""
    first, second = (one.trajectory.scenario.parameters.get("dt") for one in (a, b))
    if isinstance(first, float) and isinstance(second, float):
        return first, second
    return 1.0, 1.0


def _pairs(
    a: PropagationRequest,
    b: PropagationRequest,
    summaries: list[dict[str, Any]],
    dt: tuple[float, float],
) -> Mapping[str, Integers]:
    """Return for each agent of both what pairs have come to at the common times."""
    of_a, of_b = (np.asarray(one["grid"]["iterations"], np.int64) for one in summaries)
    grid = common_grid(of_a.tolist(), of_b.tolist(), *dt)
    return {
        name: paired_counts(_lost(a, name), _lost(b, name), of_a[grid.a], of_b[grid.b])
        for name in _of_both(a, b)
    }


def _lost(of: PropagationRequest, name: str) -> Integers:
    """Return from which iteration on an agent of each member is lost, int64[members].

    Of one agent, since all of a million members would take hundreds of megabytes. Raises NotFound.
    """
    lost = np.full(of.members, -1, np.int64)
    j, seen = _analysed(of).index(name), 0
    for first, members in services().admission.taking_turns(services().ensembles.members(of)):
        part = lost_at(members, j)
        lost[first : first + len(part)] = part
        seen += len(part)
    if seen != of.members:
        raise NotFound(f"Not all members of {of.id} are kept.")
    return lost
