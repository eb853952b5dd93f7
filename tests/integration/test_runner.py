"""Runners as processes: what they do when runs, clusters, or they themselves come to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from distributed import LocalCluster

from tests import http_client, redis_servers
from tests.deadlines import LEASE_S
from tests.installation import Installation, ask, at_work, installed
from tests.integration import naive
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.redis_servers import RedisServer

LONG: Final = 100_000_000  # some seconds on a cluster: long enough to be disturbed
ALIVE: Final = "pending,running,stopping"


@pytest.fixture(scope="module")
def installation(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("porta")
    with installed(
        redis_server.url, folder, PORTA_LEASE=f"{LEASE_S}s", PORTA_MAX_RUNS="2"
    ) as running:
        yield running


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client() as client:
        yield client


def begun(client: httpx.Client, **body: object) -> str:
    """Ask for a long run, and give its place when stretches of it are there."""
    location: str = client.post("/api/v1/propagations", json=body).headers["Location"]
    eventually(lambda: resource(client, location)["progress"]["done"] > 0)
    return location


def resource(client: httpx.Client, location: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(location).raise_for_status().json()
    return found


def is_over(client: httpx.Client, location: str) -> bool:
    return resource(client, location)["status"] in {"complete", "failed", "cancelled"}


def no_cluster_is_left(installation: Installation) -> None:
    eventually(lambda: not installation.clusters(ALIVE))


def test_a_run_whose_runner_is_killed_goes_on_at_another_from_where_it_was(
    installation: Installation, client: httpx.Client
) -> None:
    location = begun(client, steps=LONG, seed=1)
    installation.processes["runner"].kill()
    installation.processes.pop("runner").wait()
    assert not is_over(client, location)
    installation.start_runner()
    eventually(lambda: is_over(client, location))
    complete = resource(client, location)
    assert complete["status"] == "complete"
    assert complete["timings"]["reused_steps"] > 0
    no_cluster_is_left(installation)


def test_a_runner_that_is_stopped_gives_back_its_run_and_stops_its_cluster(
    installation: Installation, client: httpx.Client
) -> None:
    location = begun(client, steps=LONG, seed=2)
    installation.stop("runner")
    assert resource(client, location)["status"] == "queued"
    assert not installation.clusters(ALIVE.replace(",stopping", ""))
    installation.start_runner()
    eventually(lambda: is_over(client, location))
    assert resource(client, location)["status"] == "complete"
    no_cluster_is_left(installation)


def test_a_run_that_is_cancelled_ends_and_leaves_no_cluster(
    installation: Installation, client: httpx.Client
) -> None:
    location = begun(client, steps=LONG, seed=3)
    assert client.delete(location).status_code == httpx.codes.NO_CONTENT
    assert resource(client, location)["status"] == "cancelled"
    no_cluster_is_left(installation)


def test_a_trajectory_that_ends_is_failed_for_good_and_its_beginning_can_be_had(
    client: httpx.Client,
) -> None:
    runaway = {**naive.NANO["agents"][0], "name": "Runaway", "mu": 0, "y": 5, "vx": 2e305}
    scenario = {**naive.NANO, "agents": [*naive.NANO["agents"], runaway]}
    failed = ask(client, steps=100_000, scenario=scenario)
    assert failed["status"] == "failed"
    assert failed["error"]["final"]
    assert failed["error"]["agents"] == ["Runaway"]
    good = failed["error"]["iteration"]
    assert 10_000 < good < 100_000
    assert ask(client, steps=good, scenario=scenario)["status"] == "complete"
    assert ask(client, steps=good + 1, scenario=scenario)["status"] == "failed"


def test_a_cluster_that_nobody_owns_is_stopped(installation: Installation) -> None:
    with installation.redis as stored:
        mark = (stored.get("run/installation") or b"").decode()
    assert installation.gateway is not None
    answer = http_client.post(
        f"{installation.gateway.address}/api/v1/clusters/",
        json={"cluster_options": {"tag": f"{mark}/0123456789abcdef/nobody"}},
        auth=("porta", installation.gateway.password),
    )
    name = answer.raise_for_status().json()["name"]
    assert name in installation.clusters(ALIVE)
    eventually(lambda: name not in installation.clusters(ALIVE))


def test_a_bare_scheduler_does_as_well_as_a_gateway(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        environ = {"REDIS_URL": redis_server.url, "DASK_SCHEDULER": cluster.scheduler_address}
        with at_work(environ, tmp_path) as installation, installation.client() as client:
            installation.start_web()
            installation.start_runner()
            complete = ask(client, steps=123_456, seed=4)
    expected = naive.simulate(123_456, 4)
    assert complete["statistics"]["records"] == naive.rows(expected)
