"""What a shared link is shown with: its card, a description, and how to reproduce the run.

- Addresses are absolute: scheme, host and prefix are those of the trusted proxy, if there is one.
- A card starts nothing. Of what is not there it is a neutral one, which nobody keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request

from frontend.domain.resource import Status
from frontend.errors import BadRequest, NotFound
from frontend.pictures import THEMES
from frontend.pictures.cards import card
from frontend.pictures.png import MEDIA_TYPE
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.propagation_address import read_address
from frontend.web.http.responses import FRESH, IMMUTABLE, etag_of, unchanged
from frontend.web.pages.accuracy import accuracy_of, percent
from frontend.web.pages.filters import count
from frontend.web.pages.picture_routes import neutral_panel, panel_of
from frontend.web.pages.recipes import recipes_of
from frontend.web.pages.stages import status_words
from frontend.web.pages.view_model import name_list, title_of
from sim.order import Order

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from frontend.web.pages.recipes import Recipe
    from frontend.web.pages.view_model import View
    from sim.scenario import PropagationRequest

__all__ = ["Shared", "absolute", "blueprint", "shared"]

THEME: Final = "dark"  # a card stands on pages of any colour
DRAWING: Final = 2  # how a card is drawn; another way gives other pixels
DRAW_S: Final = 0.06  # to write its words, and to compress it
ABOUT: Final = "Orbits, propagated: small runs at once, large ones on Dask clusters of their own."

blueprint = Blueprint("sharing", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the page of a run is shared with."""

    link: str
    card: str
    title: str
    description: str
    recipes: list[Recipe]


def shared(view: View) -> Shared:
    """Return what the page of a run is shared with, for the sender of this request."""
    needs_token = services().settings.auth == "token"
    return Shared(
        link=absolute(view.links.page),
        card=absolute(f"{view.links.page}/card.png"),
        title=_title(view.request),
        description=" ".join(_sentences(view.request, view.resource)),
        recipes=recipes_of(view.request, absolute(""), needs_token=needs_token),
    )


def absolute(path: str) -> str:
    """Return the whole address of a path of ours, as the sender of this request reaches it."""
    return request.host_url.rstrip("/") + request.script_root + path


@blueprint.get("/card.png")
def of_porta() -> Response:
    """Return the card of Porta itself."""
    query_params.read(request.args, (), strict=False)
    body = _drawn(etag_of("card", DRAWING), "Porta", [ABOUT], neutral_panel(THEME))
    return _reply(body, "public, max-age=3600")


@blueprint.get("/propagate/<propagation_id>/card.png")
def of_run(propagation_id: str) -> Response:
    """Return the card of a run: with its picture and its words, if it is complete."""
    try:
        wanted, _ = read_address(propagation_id, strict=False)
    except (BadRequest, NotFound):
        body = _drawn(etag_of("card", DRAWING), "Porta", [ABOUT], neutral_panel(THEME))
        return _reply(body, FRESH)
    resource = services().propagations.find(wanted)
    sentences = _sentences(wanted, resource)
    is_complete = resource is not None and resource.status is Status.COMPLETE
    version = wanted.trajectory.scenario.model.version
    etag = etag_of("card", wanted.id, version, DRAWING, sentences)
    if is_complete and (response := unchanged(etag)) is not None:
        return response
    panel = panel_of(wanted, THEME) if is_complete else neutral_panel(THEME)
    response = _reply(
        _drawn(etag, _title(wanted), sentences, panel), IMMUTABLE if is_complete else FRESH
    )
    if is_complete:
        response.set_etag(etag)
    return response


def _drawn(etag: str, title: str, sentences: list[str], panel: bytes) -> bytes:
    """Return a card, drawn once as long as it is kept: within the bytes that pictures have."""
    drawn = services().pictures.find(etag)
    if drawn is not None:
        return drawn
    with services().admission.admit(DRAW_S):
        return services().pictures.get(etag, lambda: card(title, sentences, panel, THEMES[THEME]))


def _reply(body: bytes, cache: str) -> Response:
    response = Response(body, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = cache
    return response


def _title(wanted: PropagationRequest) -> str:
    names = name_list(wanted.trajectory.scenario.names)
    return f"{names}: {title_of(wanted)}"


def _sentences(wanted: PropagationRequest, resource: Resource | None) -> list[str]:
    """Say what a run is and what came of it: of at most a few sentences, the most telling first."""
    trajectory = wanted.trajectory
    chosen = f"Model {trajectory.scenario.model.name}"
    if trajectory.shows_seed:
        chosen += f", seed {trajectory.seed}"
    if trajectory.member:
        chosen += f", member {trajectory.member}"
    told = _told(wanted, resource)
    return [*told, f"{chosen}."]


def _told(wanted: PropagationRequest, resource: Resource | None) -> list[str]:
    if resource is None:
        return ["Not computed yet: open the page to start it."]
    if resource.status is Status.FAILED and resource.error is not None:
        return [resource.error.detail]
    if resource.status is not Status.COMPLETE or isinstance(wanted, Order):
        return [f"{status_words(resource).capitalize()}."]
    statistics: Any = resource.statistics or {}
    if wanted.is_ensemble:
        return [one["sentence"] for one in list(statistics.get("agents", {}).values())[:2] if one]
    accuracy = accuracy_of(statistics, wanted.trajectory.scenario)
    told = [escape.sentence for escape in accuracy.escapes[:2]] or (
        ["Nobody escapes."] if statistics.get("statistics") else []
    )
    told += [
        f"{one.name} departs by {percent(one.relative)}."
        if one.relative
        else f"{one.name} is kept exactly."
        for one in accuracy.departures[:1]
        if one.relative is not None
    ]
    return [*told, f"{count(statistics['records'])} records."]
