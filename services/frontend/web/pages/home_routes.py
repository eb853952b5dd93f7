"""The first page: the form, the gallery of presets, what is under way, and what came out lately.

- The form opens empty, with a preset, or with the scenario of a run: `/?preset=...`, `/?from=...`.
- What a request would cost is told before it is made, and nothing is started for it.
- However many runs there are, a page takes the same number of calls to Redis.
"""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, redirect, render_template, request

from frontend.errors import BadRequest, NotFound
from frontend.propagations.cost import cost_of
from frontend.web import commands
from frontend.web.auth.authorization import require_start
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.path_prefix import at
from frontend.web.http.responses import json_reply
from frontend.web.pages.cost_words import told
from frontend.web.pages.home_form import (
    DEFAULT_STEPS,
    FIELDS,
    FieldError,
    field_of,
    form_of,
    parts_of,
    place_of,
    written,
)
from frontend.web.pages.reply import page
from frontend.web.pages.view_model import View
from sim.errors import RequestError
from sim.models.labels import FRAMES, TIME_SCALES
from sim.models.model import BARYCENTRE
from sim.models.nbody.rules import INTEGRATORS, LENGTHS, TIMES
from sim.presets import preset, presets
from sim.scenario import MAX_AGENTS, MAX_MEMBERS, NANO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as AnyResponse

    from sim.presets import Preset
    from sim.scenario import PropagationRequest

__all__ = ["PRESET", "blueprint", "chosen_preset"]

PICKS: Final = (500, 10_000, 1_000_000, 100_000_000)  # the last takes a cluster
RECENT: Final = 20
EXAMPLE_DISPERSION: Final = [{"agent": "Satellite", "sigma": {"x": 1e-3, "vy": 1e-4}}]
EXAMPLE_ENSEMBLE: Final = (100_000, 10_000)  # steps, members
JSON: Final = "application/json"

PRESET: Final = query_params.Word("preset", "The name of a scenario that Porta brings.")
_OPENED: Final = (
    PRESET,
    query_params.Word("from", "The id of a run whose scenario is to be edited."),
    *query_params.REQUEST,
)

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    """Show the page; its form with a preset or with the scenario of a run, as the query says."""
    values = query_params.read(request.args, _OPENED, strict=False)
    try:
        form, shown = _opened(values)
    except BadRequest as error:
        return _home(FIELDS, problem=error.detail)
    except NotFound as error:
        return _home(FIELDS, problem=error.detail, status=HTTPStatus.NOT_FOUND)
    return _home(form, shown=shown)


def _opened(values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, object]]:
    """Return the form that a query asks for, and what it is of; raises BadRequest and NotFound."""
    name, from_id = values["preset"], values["from"]
    if name is not None and from_id is not None:
        raise BadRequest("Give preset or from, not both.")
    if name is not None:
        chosen = chosen_preset(name)
        filled = {"steps": str(chosen.steps), "scenario": written(chosen.scenario.to_json())}
        return FIELDS | filled, {"chosen": chosen}
    wanted = _edited(from_id, values)
    if wanted is None:
        return dict(FIELDS), {}
    return form_of(wanted), {"edited": View(wanted, None)}


def _edited(from_id: str | None, values: Mapping[str, Any]) -> PropagationRequest | None:
    """Return the request that is to be edited, if any; raises BadRequest and NotFound."""
    beside = {name: values[name] for name in ("seed", "member", "members")}
    if from_id is None:
        if any(value is not None for value in beside.values()):
            raise BadRequest("seed, member and members complete an id: give it, as from=500.")
        return None
    return services().propagations.parse_id(from_id, **beside)


@blueprint.post("/")
def submit() -> AnyResponse:
    """Ask for what the form says, and go to its page; a mistake comes back with the form."""
    require_start()
    form = _form()
    try:
        resource = commands.start(services().propagations.asked(**parts_of(form)))
    except BadRequest as error:
        return _home(form, problem=error.detail, field=_field(error))
    return redirect(at(resource.links.page), HTTPStatus.SEE_OTHER)


@blueprint.post("/cost")
def cost() -> Response:
    """Say what the form's request would cost, and start nothing: as JSON, or with the form."""
    require_start()
    form = _form()
    try:
        wanted = services().propagations.asked(**parts_of(form))
        words = told(cost_of(services().propagations, services().settings, wanted))
    except BadRequest as error:
        field = _field(error)
        if _for_a_module():  # a mistake is an answer here, not a failure of the request
            return json_reply(
                {"problem": error.detail, "field": field, "place": place_of(error.detail)}
            )
        return _home(form, problem=error.detail, field=field)
    return json_reply({"cost": words}) if _for_a_module() else _home(form, shown={"cost": words})


@blueprint.get("/lists")
def lists() -> Response:
    """Return the lists of the page alone, for a page that is open and looks again."""
    query_params.read(request.args, ())
    return page(render_template("_lists.html", **_listed()))


def _form() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _field(error: BadRequest) -> str:
    return error.field if isinstance(error, FieldError) else field_of(error.detail)


def _for_a_module() -> bool:
    return request.accept_mimetypes.best == JSON


def _listed() -> dict[str, object]:
    propagations = services().propagations
    return {"under_way": propagations.under_way(), "recent": propagations.recent(RECENT)}


def _home(
    form: Mapping[str, str],
    problem: str | None = None,
    field: str = "",
    status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    shown: Mapping[str, object] = MappingProxyType({}),
) -> Response:
    """Show the page; a problem stands beside its field, or above the form.

    `shown` may have the preset that is `chosen`, the run that is `edited`, and the `cost` in words.
    """
    settings = services().settings
    html = render_template(
        "index.html",
        form=form,
        problem=problem,
        field=field,
        place=place_of(problem or ""),
        max_steps=settings.max_steps,
        max_members=MAX_MEMBERS,
        max_agents=MAX_AGENTS,
        default_steps=DEFAULT_STEPS,
        picks=[steps for steps in PICKS if steps <= settings.max_steps],
        ensemble=EXAMPLE_ENSEMBLE,
        example=written(NANO.to_json()),
        example_dispersion=written(EXAMPLE_DISPERSION, indented=False),
        known={
            "integrators": INTEGRATORS,
            "lengths": LENGTHS,
            "times": TIMES,
            "scales": TIME_SCALES,
            "frames": FRAMES,
        },
        barycentre=BARYCENTRE,
        presets=presets(),
        **shown,
        **_listed(),
    )
    return page(html, status if problem else HTTPStatus.OK)


def chosen_preset(name: str) -> Preset:
    """Return the preset of a query; raises BadRequest."""
    try:
        return preset(name)
    except RequestError as error:
        raise BadRequest(f"The {error}") from None
