"""`GET /api/v1/propagations`: what there is, page by page, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from frontend.domain.resource import API_ROOT, Status
from frontend.propagations.listing import DEFAULT_DIGEST, LISTED, MAX_LIMIT, Wanted
from frontend.web.api.listing_document import ListingDocument, row_of
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.path_prefix import at
from frontend.web.http.responses import (
    REVALIDATED,
    etag_of,
    json_bytes,
    unchanged,
    written_reply,
)
from sim.models.model import MAX_STEPS
from sim.models.table import MODELS
from sim.presets import NAMES, preset
from sim.scenario import MAX_MEMBERS, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.web.http.query_params import Parameter

__all__ = ["LISTING", "blueprint"]

PAGE_ENTRIES: Final = 20
COST_S: Final = 0.02  # to read and check a page of manifests

LISTING: Final[tuple[Parameter, ...]] = (
    query_params.Choice(
        "status",
        tuple(status.value for status in LISTED),
        "Only those with this status. What failed for good or was cancelled is not listed.",
    ),
    query_params.Choice("model", tuple(MODELS), "Only those of this model."),
    query_params.Choice(
        "preset", NAMES, "Only those of this preset's scenario, with seed and member 0."
    ),
    query_params.Digest(
        "digest",
        "Only those of this trajectory or ensemble, whatever their steps: the digest in their ids; "
        f"`{DEFAULT_DIGEST}` for ids that have none.",
        DEFAULT_DIGEST,
    ),
    query_params.Whole("min_steps", 1, MAX_STEPS, "Only those with at least so many steps."),
    query_params.Whole("max_steps", 1, MAX_STEPS, "Only those with at most so many steps."),
    query_params.Whole(
        "min_members", 1, MAX_MEMBERS, "Only those with at least so many members: 2 for ensembles."
    ),
    query_params.Whole(
        "max_members", 1, MAX_MEMBERS, "Only those with at most so many members: 1 for single runs."
    ),
    query_params.Whole("limit", 1, MAX_LIMIT, "The most entries of a page.", default=PAGE_ENTRIES),
    query_params.Word("cursor", "Where the page begins: follow `links.next` of the one before."),
)
"""The parameters of the listing."""

blueprint = Blueprint("listing", __name__)


@blueprint.get(API_ROOT)
def listing() -> Response:
    """Return a page of what is under way and of results."""
    values = query_params.read(request.args, LISTING)
    wanted = _wanted(values)
    with services().admission.admit(COST_S):
        entries, cursor = services().propagations.listing.page(
            wanted, values["limit"], values["cursor"]
        )
    document = ListingDocument(
        propagations=[row_of(entry, request.script_root) for entry in entries],
        links={"self": _link(request.args.to_dict()), "next": _next(cursor)},
    )
    body = json_bytes(document)
    etag = etag_of("listing", body)
    response = unchanged(etag, cache=REVALIDATED)  # there may be more at any moment
    if response is None:
        response = written_reply(body, cache=REVALIDATED)
        response.set_etag(etag, weak=True)  # compressed or not
    return response


def _wanted(values: Mapping[str, Any]) -> Wanted:
    """Return the conditions of a query; raises BadRequest where nothing can meet them."""
    digests = {values["digest"], _digest_of(values["preset"])} - {None}
    if len(digests) > 1:
        raise query_params.contradiction("preset", "digest")
    for what in ("steps", "members"):
        low, high = values[f"min_{what}"], values[f"max_{what}"]
        if low is not None and high is not None and low > high:
            raise query_params.contradiction(f"min_{what}", f"max_{what}")
    return Wanted(
        status=None if values["status"] is None else Status(values["status"]),
        model=values["model"],
        digest=next(iter(digests), None),
        **{name: values[name] for name in ("min_steps", "max_steps", "min_members", "max_members")},
    )


def _digest_of(name: str | None) -> str | None:
    """Return the digest in the ids of a preset's propagations."""
    if name is None:
        return None
    of_one = PropagationRequest(1, Trajectory(preset(name).scenario))
    return of_one.id.partition("-")[2] or DEFAULT_DIGEST


def _next(cursor: str | None) -> str | None:
    return None if cursor is None else _link(request.args.to_dict() | {"cursor": cursor})


def _link(args: Mapping[str, str]) -> str:
    return at(f"{API_ROOT}?{urlencode(args)}" if args else API_ROOT)
