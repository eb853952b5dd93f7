"""The routes of ensembles: what their members have come to, where they have been, and who they are.

They start nothing. A result is served by its digest, so what a client has stays right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest
from frontend.web.api.density_reply import density_reply, fresh_density_reply, view_of
from frontend.web.api.ensemble_parameters import DENSITY, ENSEMBLE, MEMBER_FORMATS, MEMBERS
from frontend.web.api.member_table import members_reply, selection_of
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.negotiation import chosen_format
from frontend.web.http.propagation_address import read_address
from frontend.web.http.responses import etag_of, packed_reply, unchanged, written_reply
from sim.ensemble.grid import spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontend.web.http.query_params import Parameter
    from sim.export import Format
    from sim.scenario import PropagationRequest

__all__ = ["blueprint", "members_of"]

GZIP_S = 1e-8  # for each byte of JSON

blueprint = Blueprint("ensembles", __name__, url_prefix=API_ROOT)


@blueprint.get("/<propagation_id>/ensemble")
def ensemble(propagation_id: str) -> Response:
    """Return the grid, the quantiles, the share that is bound, and the outcomes."""
    request, values = _address(propagation_id, ENSEMBLE)
    digest = services().ensembles.result_digest(request)
    if digest is None:
        partial = services().ensembles.partial(request) if values["partial"] == "1" else None
        if partial is None:
            raise services().propagations.absence(request)
        return written_reply(partial)
    etag = etag_of(digest, "ensemble")
    return unchanged(etag) or packed_reply(_summary(request, etag), etag)


def _summary(request: PropagationRequest, etag: str) -> bytes:
    """Return the summary of a result as gzip, packed once for all who ask."""
    known = services().overviews.find(etag)
    if known is not None:
        return known
    document = services().ensembles.summary(request)
    if document is None:
        raise services().propagations.absence(request)
    with services().admission.admit(GZIP_S * len(document)):
        return services().overviews.get(etag, lambda: compress(document))


@blueprint.get("/<propagation_id>/density")
def density(propagation_id: str) -> Response:
    """Return where the members have been: a picture, or the counts."""
    request, values = _address(propagation_id, DENSITY)
    view = view_of(request, _analysed(request, values["agent"]), values)
    existing = len(spans(request.steps))
    if view.span is not None and view.span >= existing:
        raise BadRequest(f"span must be below {existing}: there are so many spans of time.")
    digest = services().ensembles.result_digest(request)
    if digest is None:
        is_wanted = values["partial"] == "1"
        partial = services().ensembles.partial(request, view.part) if is_wanted else None
        if partial is None:
            raise services().propagations.absence(request)
        return fresh_density_reply(view, partial)
    return density_reply(view, digest, lambda: _part(request, view.part))


def _part(request: PropagationRequest, name: str) -> bytes:
    part = services().ensembles.part(request, name)
    if part is None:
        raise services().propagations.absence(request)
    return part


@blueprint.get("/<propagation_id>/members")
def members(propagation_id: str) -> Response:
    """Return the table of members: a page of it, or all of it as a file."""
    return members_of(propagation_id, MEMBERS)


def members_of(
    propagation_id: str, parameters: Sequence[Parameter], form: Format | None = None
) -> Response:
    """Return the table of members, in the format that the request asks for unless one is given."""
    request, values = _address(propagation_id, parameters)
    chosen = form or chosen_format(MEMBER_FORMATS, values["format"])
    selection = selection_of(request, values, chosen.name)
    digest = services().ensembles.result_digest(request)
    if digest is None:
        raise services().propagations.absence(request)
    return members_reply(selection, digest)


def _address(
    propagation_id: str, parameters: Sequence[Parameter]
) -> tuple[PropagationRequest, dict[str, Any]]:
    """Return the ensemble that the URL names, and the values of its query; raises BadRequest."""
    request, values = read_address(propagation_id, parameters)
    if not request.is_ensemble:
        raise BadRequest(
            f"{request.id} is one trajectory, not an ensemble: it has no members to compare. Ask "
            "for members above 1."
        )
    return request, values


def _analysed(request: PropagationRequest, agent: str | None) -> int:
    """Return the place of an agent among the analysed ones; raises BadRequest."""
    scenario = request.trajectory.scenario
    names = [scenario.names[a] for a in request.analysed]
    if not names:
        raise BadRequest("No agent of this scenario has a primary, so no density is kept.")
    if agent is None:
        return 0
    if agent not in names:
        raise BadRequest(f"agent must be one that is analysed: {', '.join(names)}.")
    return names.index(agent)
