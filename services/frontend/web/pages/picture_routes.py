"""Small pictures of runs and presets, for lists and for the cards that links are shown with.

- A picture starts nothing. Of what is not there, or while too much else is computed, a neutral one
  is answered, which nobody keeps.
- The id of a run and the way of drawing determine a picture, so it may be kept for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from frontend.domain.resource import Status
from frontend.errors import BadRequest, Busy, NotFound, NotReady
from frontend.pictures import THEMES
from frontend.pictures.png import MEDIA_TYPE
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.propagation_address import read_address
from frontend.web.http.responses import FRESH, IMMUTABLE, etag_of, unchanged
from frontend.web.pages.run_picture import (
    DRAWING,
    MOST_AGENTS,
    SIZES,
    ensemble_picture,
    neutral_picture,
    picture_of,
)
from sim.cost_model import figure_seconds, opened_seconds
from sim.engine import Propagation
from sim.errors import RequestError
from sim.presets import preset
from sim.scenario import Trajectory

if TYPE_CHECKING:
    from sim.presets import Preset
    from sim.scenario import PropagationRequest

__all__ = ["blueprint", "neutral_panel", "panel_of"]

DRAW_S: Final = 0.15  # to draw lines as long as they may be
FIRST_DENSITY: Final = "density/0"
DENSITY_S: Final = 0.06  # to read the counts of eight spans, and to draw them
DENSITY_BYTES: Final = 40 * 2**20  # of the counts of eight spans of noise
MOST_AGENTS_IN_FULL: Final = 16
BEGINNING_OF_MANY: Final = 2_000  # steps of a preset of more agents: some turns of each
HOUR: Final = "public, max-age=3600"  # another version of Porta may have others

_LOOKS: Final = (
    query_params.Choice("size", tuple(SIZES), "How large it is.", "small"),
    query_params.Choice("theme", tuple(THEMES), "For which page.", "light"),
)

blueprint = Blueprint("pictures", __name__)


@blueprint.get("/propagate/<propagation_id>/picture.png")
def of_run(propagation_id: str) -> Response:
    """Return the picture of a run that is complete, or the neutral one."""
    wanted, values = read_address(
        propagation_id, (*query_params.REQUEST, *_LOOKS), strict=False, follow=True
    )
    size, theme = values["size"], values["theme"]
    etag = etag_of("picture", wanted.id, wanted.trajectory.scenario.model.version, DRAWING, values)
    response = unchanged(etag)
    if response is not None:
        return response
    body = _picture(wanted, etag, size, theme)
    if body is None:
        return _reply(_neutral(size, theme), FRESH)
    response = _reply(body, IMMUTABLE)
    response.set_etag(etag)
    return response


@blueprint.get("/presets/<name>/picture.png")
def of_preset(name: str) -> Response:
    """Return the picture of a preset, which is drawn once by each process."""
    values = query_params.read(request.args, _LOOKS, strict=False)
    try:
        chosen = preset(name)
    except RequestError as error:
        raise NotFound(f"The {error}") from None
    etag = etag_of("preset", chosen.name, chosen.scenario.model.version, DRAWING, values)
    response = unchanged(etag)
    if response is None:
        size, theme = values["size"], values["theme"]
        try:
            body = _preset_picture(chosen, etag, size, theme)
        except Busy:
            return _reply(_neutral(size, theme), FRESH)
        response = _reply(body, HOUR)
        response.set_etag(etag)
    response.headers["Cache-Control"] = HOUR
    return response


def panel_of(wanted: PropagationRequest, theme: str) -> bytes:
    """Return the picture in the card of a run: that of what is there, or the neutral one."""
    version = wanted.trajectory.scenario.model.version
    etag = etag_of("panel", wanted.id, version, DRAWING, theme)
    return _picture(wanted, etag, "panel", theme) or neutral_panel(theme)


def neutral_panel(theme: str) -> bytes:
    """Return the picture in the card of what is not there."""
    return _neutral("panel", theme)


def _picture(wanted: PropagationRequest, etag: str, size: str, theme: str) -> bytes | None:
    """Return the picture of a run; None where it is not complete, or can't be drawn now.

    Whether it is there is asked of Redis each time: it may have been deleted.
    """
    try:
        found = services().propagations.find(wanted)
        if found is None or found.status is not Status.COMPLETE:
            return None
        drawn = services().pictures.find(etag)
        if drawn is not None:
            return drawn
        if wanted.is_ensemble:
            return _ensemble_picture(wanted, etag, size, theme)
        opening = services().propagations.opening(wanted)
        opening()  # in a turn of its own, and not kept while this waits for the picture's
        cost_s = DRAW_S + figure_seconds(wanted.trajectory.scenario, wanted.steps, MOST_AGENTS)
        held_bytes = 2 * services().propagations.held_bytes(wanted)
        with services().admission.admit(cost_s, held_bytes=held_bytes):
            return services().pictures.get(etag, lambda: picture_of(opening(), size, theme))
    except (NotFound, NotReady, BadRequest, Busy):
        return None


def _ensemble_picture(wanted: PropagationRequest, etag: str, size: str, theme: str) -> bytes | None:
    packed = services().ensembles.part(wanted, FIRST_DENSITY) if wanted.analysed else None
    if packed is None:
        return None
    with services().admission.admit(DENSITY_S, held_bytes=DENSITY_BYTES):
        return services().pictures.get(etag, lambda: ensemble_picture(wanted, packed, size, theme))


def _preset_picture(chosen: Preset, etag: str, size: str, theme: str) -> bytes:
    drawn = services().pictures.find(etag)
    if drawn is not None:
        return drawn
    scenario = chosen.scenario
    is_small = len(scenario.agents) <= MOST_AGENTS_IN_FULL
    steps = chosen.steps if is_small else min(chosen.steps, BEGINNING_OF_MANY)
    cost_s = DRAW_S + opened_seconds(scenario, steps) + figure_seconds(scenario, steps, MOST_AGENTS)
    with services().admission.admit(cost_s):
        return services().pictures.get(
            etag, lambda: picture_of(Propagation.open(Trajectory(scenario), steps), size, theme)
        )


def _neutral(size: str, theme: str) -> bytes:
    name = etag_of("neutral", DRAWING, size, theme)
    return services().pictures.get(name, lambda: neutral_picture(size, theme))


def _reply(body: bytes, cache: str) -> Response:
    response = Response(body, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = cache
    return response
