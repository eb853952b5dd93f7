"""Claims about the ways to reproduce a run: each is run as it stands, and gives the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from frontend.propagations.requests import Limits, read_request
from frontend.web.pages.recipes import body_of, recipes_of
from sim.engine import Propagation
from sim.order import Escape, Order, Until
from sim.presets import preset
from sim.scenario import NANO, Dispersion, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from sim.scenario import Scenario


def odd() -> Scenario:
    """A scenario with names that a shell, Python and JSON would each like to read otherwise."""
    planet, satellite = NANO.agents
    names = ("A 'b' \"c\" $HOME `id` \\n", "Zoë's moon END_OF_JSON")
    state = replace(satellite.state, x=1 / 3, vx=0.1 + 0.2)
    return replace(
        NANO,
        agents=(replace(planet, name=names[0]), replace(satellite, name=names[1], state=state)),
    )


LIMITS = Limits(max_steps=10**9, max_work=10**15)
RUNS = [
    PropagationRequest(700, Trajectory(seed=7, member=3)),
    PropagationRequest(300, Trajectory(preset("binary").scenario)),
    PropagationRequest(1, Trajectory(odd())),
]
SPREAD = Dispersion.from_json([{"agent": "Satellite", "sigma": {"x": 0.001}}], NANO)
ENSEMBLE = PropagationRequest(200, Trajectory(dispersion=SPREAD), members=8)


def text(request: PropagationRequest, name: str) -> str:
    recipes = recipes_of(request, "https://porta.example", needs_token=False)
    return next(one.text for one in recipes if one.name == name)


def shell(script: str, folder: Path) -> str:
    """What a shell says that runs a text in this folder, with our own `porta` and `python`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - the texts under test
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("request_", RUNS, ids=str)
def test_the_command_line_writes_the_run(request_: PropagationRequest, tmp_path: Path) -> None:
    shell(text(request_, "Command line"), tmp_path)
    records = (tmp_path / "orbit.csv").read_text(encoding="utf-8").count("\n") - 1
    opened = Propagation.open(request_.trajectory, request_.steps)
    assert records == opened.summary()["records"]


@pytest.mark.parametrize("request_", RUNS, ids=str)
def test_python_prints_the_checksum_of_the_run(
    request_: PropagationRequest, tmp_path: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(text(request_, "Python"), encoding="utf-8")
    printed = shell(f"{sys.executable} run.py", tmp_path)
    opened = Propagation.open(request_.trajectory, request_.steps)
    assert printed.splitlines() == [str(opened.end), opened.checkpoints_checksum]


def test_an_ensemble_comes_out_the_same(tmp_path: Path) -> None:
    assert "8 members" in shell(text(ENSEMBLE, "Command line"), tmp_path)
    script = tmp_path / "run.py"
    script.write_text(text(ENSEMBLE, "Python"), encoding="utf-8")
    printed = shell(f"{sys.executable} run.py", tmp_path)
    assert printed.startswith("Of 8 members, ")
    assert len(printed) < 300


@pytest.mark.parametrize("request_", [*RUNS, ENSEMBLE], ids=str)
def test_the_body_asks_for_the_same_run(request_: PropagationRequest) -> None:
    assert read_request(LIMITS, **body_of(request_)).id == request_.id


def test_an_order_is_asked_for_as_it_was() -> None:
    until = Order(10_000, Trajectory(), condition=Until(20.0))
    assert body_of(until) == {"until": 20.0}
    assert "--until 20.0" in text(until, "Command line")
    assert "porta.propagate(until=20.0)" in text(until, "Python")
    escape = Order(500, Trajectory(seed=3), condition=Escape("Satellite"))
    assert body_of(escape)["stop"] == {"agent": "Satellite", "escape": True}
    assert "500 --stop-escape Satellite --seed 3" in text(escape, "Command line")


def test_curl_names_the_server_and_the_token_where_one_is_needed() -> None:
    told = recipes_of(RUNS[0], "https://porta.example/at", needs_token=True)[-1]
    assert "https://porta.example/at/api/v1/propagations" in told.text
    assert "Bearer $PORTA_TOKEN" in told.text
    assert f"{RUNS[0].id}/records?format=csv" in told.text
