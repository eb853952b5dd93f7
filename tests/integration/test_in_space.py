"""`nbody` on the whole installation: real web, runner, Redis, Gateway and clusters.

The judge is the engine alone, in this process, whose bits are held to the reference, and that to
REBOUND, by unit tests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from sim import Propagation, Trajectory
from sim.export import FORMATS
from sim.presets import preset
from sim.scenario import PropagationRequest
from tests.installation import Installation, ask, installed
from tests.labelled import OF_ANY
from tests.written_files import records_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.redis_servers import RedisServer

COLUMNS: Final = "agent,t0,t1,timeStep,x,y,z,vx,vy,vz"
CASES: Final = {"eccentric": 500, "pythagorean": 30, "outer-solar-system": 100_000}
"""Two bodies, and three by another integrator, at once; and what needs a cluster."""
PLANETS: Final = preset("outer-solar-system").scenario.to_json()
AGENTS: Any = PLANETS["agents"]
SUN: Final[dict[str, Any]] = AGENTS[0]
TWIN: Final = {**SUN, "name": "Twin"}
ORBIT: Final = {"a": 5.2, "e": 0.05, "i": 1.3, "node": 100.0, "argp": 274.0, "anomaly": 20.0}
PLANE: Final[dict[str, Any]] = preset("nano").scenario.to_json()


@pytest.fixture(scope="module")
def installation(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installed(redis_of_its_own.url, tmp_path_factory.mktemp("porta")) as running:
        yield running


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client() as client:
        yield client


@pytest.mark.parametrize("name", CASES)
def test_result_files_and_windows_are_what_the_engine_alone_gives(
    client: httpx.Client, name: str
) -> None:
    scenario, steps = preset(name).scenario, CASES[name]
    alone = Propagation.open(Trajectory(scenario), steps)
    resource = ask(client, steps=steps, scenario=scenario.to_json())
    assert resource["status"] == "complete", resource
    assert resource["id"] == PropagationRequest(steps, Trajectory(scenario)).id
    assert (resource["cluster"] is None) == (name != "outer-solar-system")
    known = alone.summary()
    assert {"elements", "system", "end"} <= resource["statistics"].keys()
    assert resource["statistics"] == {key: known[key] for key in resource["statistics"]}

    records, links = resource["links"]["records"], resource["links"]
    for form in map(FORMATS.__getitem__, OF_ANY):
        asked = (links["data_js"], {}) if form.page_file else (records, {"format": form.name})
        file = client.get(asked[0], params=asked[1]).raise_for_status().content
        assert file == records_bytes(alone, form.name)
        if form.name == "csv":
            assert file.decode().splitlines()[0] == COLUMNS

    end = alone.end[scenario.names[0]].time
    t0, t1 = 0.4 * end, 0.5 * end
    answer = client.get(f"{links['self']}/overview", params={"t0": t0, "t1": t1, "pixels": 1024})
    overview: Any = answer.raise_for_status().json()
    assert overview == alone.overview(t0, t1, 1024).to_json()
    assert "z" in overview["agents"][0]["series"]


@pytest.mark.parametrize(
    "changes",
    [
        {"integrator": "euler"},
        {"dt": 0},
        {"dt": -1},
        {"dt": float("nan")},
        {"tolerance": 1e-5},
        {"integrator": "gauss-radau-15", "tolerance": 1e-13},
        {"integrator": "gauss-radau-15", "tolerance": 0.1},
        {"agents": [{**SUN, "orbit": ORBIT}]},
        {"agents": [SUN, TWIN]},
        {"agents": [{**SUN, "z": "far"}]},
        {"agents": []},
        {"units": {"length": "parsec", "time": "yr"}},
        {"model": "relativity"},
        {**PLANE, "integrator": "leapfrog"},
    ],
)
def test_a_bad_scenario_is_refused_with_a_sentence_and_starts_nothing(
    installation: Installation, client: httpx.Client, changes: dict[str, object]
) -> None:
    refused(installation, client, {**PLANETS, **changes})


def test_there_is_no_z_in_the_plane(installation: Installation, client: httpx.Client) -> None:
    planet, satellite = PLANE["agents"]
    refused(installation, client, {**PLANE, "agents": [planet, {**satellite, "z": 0.0}]})


def refused(installation: Installation, client: httpx.Client, scenario: dict[str, object]) -> None:
    body = json.dumps({"steps": 5_000_000, "scenario": scenario})  # NaN, too
    with installation.redis as stored:
        before = sorted(stored.keys("*"))
        answer = client.post(
            "/api/v1/propagations", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["detail"].endswith(".")
        assert sorted(stored.keys("*")) == before
    assert not installation.clusters("pending,running")


def test_a_member_of_what_is_not_random_is_refused(client: httpx.Client) -> None:
    answer = client.post(
        "/api/v1/propagations", json={"steps": 500, "member": 1, "scenario": PLANETS}
    )
    assert answer.status_code == 400
    assert "random" in answer.json()["detail"]
