"""How to reproduce a run from elsewhere: on the command line, in Python, and by HTTP.

Each text can be run as it is. It names the scenario with every bit of it: numbers are written so
that they read back to the same doubles.
"""

from __future__ import annotations

import json
import pprint
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from frontend.domain.resource import API_ROOT
from sim.order import Escape, Order, Until, Within
from sim.presets import presets
from sim.scenario import NANO

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["Recipe", "body_of", "recipes_of"]

END: Final = "END_OF_JSON"
WIDTH: Final = 96


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to reproduce a run: what it is called, and its text."""

    name: str
    text: str


def recipes_of(request: PropagationRequest, root: str, *, needs_token: bool) -> list[Recipe]:
    """Return the ways to reproduce a run; `root` is the address of this server."""
    recipes = [Recipe("Command line", _command_line(request)), Recipe("Python", _python(request))]
    return [*recipes, Recipe("curl", _curl(request, root, needs_token=needs_token))]


def body_of(request: PropagationRequest) -> dict[str, Any]:
    """Return the body of the request, without what is the default."""
    trajectory = request.trajectory
    body: dict[str, Any] = {"steps": request.steps}
    if isinstance(request, Order):
        body = {k: v for k, v in request.to_terms().items() if v is not None}
        if "until" in body:
            body.pop("steps", None)
    if trajectory.seed:
        body["seed"] = trajectory.seed
    if trajectory.member:
        body["member"] = trajectory.member
    if request.members > 1:
        body["members"] = request.members
    if trajectory.dispersion:
        body["dispersion"] = trajectory.dispersion.to_json()
    if request.agents:
        body["agents"] = list(request.agents)
    if trajectory.scenario != NANO:
        body["scenario"] = trajectory.scenario.to_json()
    return body


def _written(document: object) -> str:
    """Write JSON; no name in it can end a here-document, which ends at a line of its own."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _curl(request: PropagationRequest, root: str, *, needs_token: bool) -> str:
    token = '  -H "Authorization: Bearer $PORTA_TOKEN" \\\n' if needs_token else ""
    lines = [
        f"curl -sS -X POST {shlex.quote(root + API_ROOT)} \\",
        f"{token}  -H 'Content-Type: application/json' -d @- <<'{END}'",
        _written(body_of(request)),
        END,
    ]
    if request.is_ensemble:
        lines.append(f"curl -sS {shlex.quote(f'{root}{API_ROOT}/{request.id}/ensemble')}")
    elif not isinstance(request, Order):
        records = f"{root}{API_ROOT}/{request.id}/records?format=csv"
        lines.append(f"curl -sS -o orbit.csv {shlex.quote(records)}")
    return "\n".join(lines)


def _command_line(request: PropagationRequest) -> str:
    """Return what the shell runs; a scenario that is no preset is put into a file before."""
    trajectory = request.trajectory
    files: list[tuple[str, object]] = []
    words = ["porta", "propagate", *_ends(request)]
    if trajectory.seed:
        words += ["--seed", str(trajectory.seed)]
    if trajectory.member:
        words += ["--member", str(trajectory.member)]
    if request.members > 1:
        words += ["--members", str(request.members)]
    if request.agents:
        words += ["--agents", ",".join(request.agents)]
    if trajectory.scenario != NANO:
        name = _preset(trajectory.scenario)
        if name is None:
            files.append(("scenario.json", trajectory.scenario.to_json()))
            words += ["--scenario", "scenario.json"]
        else:
            words += ["--preset", name]
    if trajectory.dispersion:
        files.append(("dispersion.json", trajectory.dispersion.to_json()))
        words += ["--dispersion", "dispersion.json"]
    if not request.is_ensemble:
        words += ["--output", "orbit.csv"]
    before = [f"cat > {name} <<'{END}'\n{_written(document)}\n{END}" for name, document in files]
    return "\n".join([*before, shlex.join(words)])


def _ends(request: PropagationRequest) -> list[str]:
    """Return the arguments that say where it ends."""
    match request.condition if isinstance(request, Order) else None:
        case Until(time):
            return ["--until", repr(time)]
        case Escape(agent):
            return [str(request.steps), "--stop-escape", agent]
        case Within(agent, distance):
            return [str(request.steps), "--stop-within", f"{agent}:{distance!r}"]
        case _:
            return [str(request.steps)]


def _preset(scenario: Scenario) -> str | None:
    return next((one.name for one in presets() if one.scenario == scenario), None)


def _python(request: PropagationRequest) -> str:
    """Return a program; what an ensemble's prints is a sentence for each agent."""
    body, lines = body_of(request), ["import porta", ""]
    for name in ("scenario", "dispersion"):
        preset = _preset(request.trajectory.scenario) if name == "scenario" else None
        if name in body and preset is not None:
            del body[name]
            body["preset"] = preset
        elif name in body:
            lines.append(f"{name} = {_literal(body[name])}")
    arguments = [
        f"{name}={name if name in {'scenario', 'dispersion'} else repr(value)}"
        for name, value in body.items()
        if name != "steps"
    ]
    if "steps" in body:
        arguments.insert(0, repr(body["steps"]))
    lines.append(f"run = porta.propagate({', '.join(arguments)})")
    if request.is_ensemble:
        lines.append("print(run.sentence)")
    else:
        lines += ["print(run.end)", 'print(run.provenance["checksum"])']
    return "\n".join(lines)


def _literal(document: object) -> str:
    return pprint.pformat(document, width=WIDTH, sort_dicts=False)
