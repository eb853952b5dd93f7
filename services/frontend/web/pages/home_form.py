"""The form of the first page: its fields, and the parts of a request that are read from them.

- A mistake is a `FieldError`, which names the field that it stands beside.
- `form_of` fills it in with a request, so that `parts_of` returns the parts of that request.
"""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson

from frontend.errors import BadRequest
from frontend.propagations.requests import step_count, whole_number
from frontend.web.http import query_params
from frontend.web.http.request_body import read_json_in_turn
from sim.errors import ScenarioError
from sim.models.labels import LABELS
from sim.order import Escape, Order, Until, Within
from sim.scenario import NANO, Trajectory, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.scenario import PropagationRequest, Scenario

__all__ = [
    "DEFAULT_STEPS",
    "FIELDS",
    "FILTERS",
    "RELATIVE",
    "FieldError",
    "edit_path",
    "field_of",
    "form_of",
    "parts_of",
    "place_of",
    "written",
]

DEFAULT_STEPS: Final = 500
RELATIVE: Final = "relative"
ESCAPE, WITHIN = "escape", "within"
FIELDS: Final = {
    "steps": "",
    "until": "",
    "seed": "0",
    "member": "0",
    "members": "1",
    "dispersion": "",
    "sigma_agent": "",
    "sigma_kind": RELATIVE,
    "sigma_position": "",
    "sigma_velocity": "",
    "agents": "",
    "stop_kind": "",
    "stop_agent": "",
    "stop_distance": "",
    "scenario": "",
}
"""The fields, with what is in them at first."""

_PLACE: Final = re.compile(r"[a-z_]+(?:\[[0-9]{1,4}\])?(?:\.[a-zA-Z_]+)*")
_SIMPLE: Final = ("sigma_agent", "sigma_position", "sigma_velocity")
_STARTS: Final = {
    "The number of steps": "steps",
    "The number of members": "members",
    "The seed": "seed",
    "The member": "member",
    "The time": "until",
    "steps": "steps",
    "until": "until",
    "seed": "seed",
    "members": "members",
    "member": "member",
    "dispersion": "dispersion",
    "stop.agent": "stop_agent",
    "stop.within": "stop_distance",
    "stop": "stop_kind",
    "agents must be a list of agents": "scenario",
    "agents must be 1 to": "scenario",
    "agents[": "scenario",
    "agents": "agents",
    "scenario": "scenario",
    "model": "scenario",
    "dt": "scenario",
    "epsilon": "scenario",
    "integrator": "scenario",
    "tolerance": "scenario",
    "units": "scenario",
    **dict.fromkeys(LABELS, "scenario"),
}
"""How the sentences about a request begin, by which field they are about; the longer ones first."""


class FieldError(BadRequest):
    """A mistake in one field of the form."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def parts_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts of a request, as `Propagations.asked` takes them; raises FieldError."""
    steps, until = form["steps"], form["until"]
    if steps and until:
        raise FieldError(
            "until", "Give the steps or a time to reach, not both: leave one of them empty."
        )
    parts: dict[str, Any] = {"steps": None, "until": None}
    with _in("until"):
        parts["until"] = query_params.Real("until", "").value(until) if until else None
    with _in("steps"):
        parts["steps"] = None if until else step_count(steps or str(DEFAULT_STEPS))
    for name, what in (("seed", "seed"), ("member", "member"), ("members", "number of members")):
        with _in(name):
            parts[name] = whole_number(form[name] or FIELDS[name], what)
    if parts["members"] > 1 and not parts["member"]:
        parts["member"] = None
    with _in("scenario"):
        parts["scenario"] = _json(form["scenario"], "The scenario")
    if (stop := _stop(form)) is not None:
        parts["stop"] = stop
    if form["agents"]:
        with _in("agents"):
            parts["agents"] = _json(form["agents"], "The list of agents")
    dispersion = _dispersion(form, parts["scenario"])
    return parts if dispersion is None else parts | {"dispersion": dispersion}


def field_of(sentence: str) -> str:
    """Return the field that a sentence about the whole request is about; "" if it names none."""
    return next((field for start, field in _STARTS.items() if sentence.startswith(start)), "")


def place_of(sentence: str) -> str:
    """Return the path of a scenario's field that a sentence begins with, such as agents[1].mu."""
    found = _PLACE.match(sentence)
    return found[0] if found is not None else ""


def form_of(request: PropagationRequest) -> dict[str, str]:
    """Return the fields that ask for a request, or for an order, as it is."""
    trajectory = request.trajectory
    agents = written(list(request.agents), indented=False) if request.agents else ""
    filled = {
        "steps": str(request.steps),
        "seed": str(trajectory.seed),
        "member": str(trajectory.member),
        "members": str(request.members),
        "agents": agents,
        "dispersion": written(trajectory.dispersion.to_json()) if trajectory.dispersion else "",
        "scenario": written(trajectory.scenario.to_json()),
    }
    match request.condition if isinstance(request, Order) else None:
        case Until(time):
            filled |= {"steps": "", "until": repr(time)}
        case Escape(agent):
            filled |= {"stop_kind": ESCAPE, "stop_agent": agent}
        case Within(agent, distance):
            filled |= {"stop_kind": WITHIN, "stop_agent": agent, "stop_distance": repr(distance)}
    return {**FIELDS, **filled}


def edit_path(request: PropagationRequest) -> str:
    """Return the path of the form with a request; its id alone names it only once it was asked."""
    trajectory = request.trajectory
    is_plain = trajectory.nominal == Trajectory(NANO, trajectory.seed) and not (
        isinstance(request, Order) or request.agents or trajectory.dispersion
    )
    if not is_plain:
        return f"/?from={request.id}"
    beside = {"seed": trajectory.seed, "member": trajectory.member}
    query = {name: value for name, value in beside.items() if value}
    if request.is_ensemble:
        query["members"] = request.members
    return f"/?{urlencode({'from': request.steps, **query})}"


def written(document: object, *, indented: bool = True) -> str:
    """Return JSON to be read and changed."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 if indented else None).decode()


@contextlib.contextmanager
def _in(field: str) -> Iterator[None]:
    """Say of which field a mistake is."""
    try:
        yield
    except BadRequest as error:
        raise FieldError(field, error.detail) from None


def _json(text: str, what: str) -> Any:  # noqa: ANN401 - whatever JSON may hold
    return read_json_in_turn(text, what) if text else None


def _stop(form: Mapping[str, str]) -> dict[str, object] | None:
    """Return where to end before the steps, as JSON; None for nowhere."""
    kind, agent = form["stop_kind"], form["stop_agent"]
    if not kind:
        if agent or form["stop_distance"]:
            raise FieldError("stop_kind", "Choose what ends the run, or leave the rest empty.")
        return None
    if kind not in {ESCAPE, WITHIN}:
        raise FieldError("stop_kind", "Choose escape, within, or nothing.")
    if not agent:
        raise FieldError("stop_agent", "Name the agent that ends the run.")
    if kind == ESCAPE:
        if form["stop_distance"]:
            raise FieldError("stop_distance", "An escape takes no distance: leave it empty.")
        return {"agent": agent, ESCAPE: True}
    with _in("stop_distance"):
        distance = query_params.Real("The distance", "").value(form["stop_distance"])
    return {"agent": agent, WITHIN: distance}


def _dispersion(form: Mapping[str, str], scenario: object) -> Any:  # noqa: ANN401 - the same
    """Return a dispersion as JSON: what is written, or what the simple fields mean."""
    with _in("dispersion"):
        written = _json(form["dispersion"], "The dispersion")
    if not any(form[name] for name in _SIMPLE):
        return written
    if written is not None:
        raise FieldError(
            "dispersion", "Give the dispersion as JSON or by the fields above it, not both."
        )
    try:
        chosen = NANO if scenario is None else read_scenario(scenario)
    except ScenarioError as error:
        raise FieldError("scenario", str(error)) from None
    return [{"agent": form["sigma_agent"], "sigma": _sigma(form, chosen)}]


def _sigma(form: Mapping[str, str], scenario: Scenario) -> dict[str, float]:
    name = form["sigma_agent"]
    if name not in scenario.names:
        known = ", ".join(scenario.names[:10])
        raise FieldError("sigma_agent", f"Choose an agent of the scenario, such as {known}.")
    position, velocity = (_deviation(form, field) for field in _SIMPLE[1:])
    if form["sigma_kind"] == RELATIVE:
        distance, speed = _scales(scenario, scenario.names.index(name))
        position, velocity = position * distance, velocity * speed
    axes = "xyz"[: scenario.model.dimensions]
    sigma = dict.fromkeys(axes, position) | {f"v{axis}": velocity for axis in axes}
    return {component: value for component, value in sigma.items() if value}


def _deviation(form: Mapping[str, str], field: str) -> float:
    """Return a standard deviation; 0 where the field is empty."""
    with _in(field):
        value: float = query_params.Real("This", "").value(form[field]) if form[field] else 0.0
    if value < 0.0:
        raise FieldError(field, "A standard deviation can't be below 0.")
    return value


def _scales(scenario: Scenario, a: int) -> tuple[float, float]:
    """Return distance and speed of an agent relative to its primary at the start."""
    primary = scenario.primaries[a]
    if primary is None:
        raise FieldError(
            "sigma_agent",
            f"{scenario.names[a]} has no primary to be relative to; give absolute numbers.",
        )
    own, other = (scenario.initial_states[one].to_json() for one in (a, primary))
    axes = "xyz"[: scenario.model.dimensions]
    distance, speed = (
        math.hypot(*(own[f"{of}{axis}"] - other[f"{of}{axis}"] for axis in axes))
        for of in ("", "v")
    )
    return distance, speed


FILTERS: Final = {edit_path.__name__: edit_path}
