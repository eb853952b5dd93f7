"""`porta.propagate` in this process, on a Dask client, on a Gateway, and by a running Porta.

The same assertions for all four: real workers, a real Gateway, real web and runner processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest
from dask_gateway import BasicAuth, Gateway
from distributed import Client, LocalCluster

import porta
from sim import Propagation, Trajectory
from sim.ensemble.computed import compute
from sim.scenario import NANO, Dispersion, PropagationRequest
from tests.dask_servers import dask
from tests.deadlines import EVENTUALLY_S
from tests.installation import Installation, installed
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

# dask-gateway's own: a synchronous Gateway that is closed says so again when it is collected.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. .function Gateway.__del__:pytest.PytestUnraisableExceptionWarning"
)

WAYS: Final = ("process", "client", "gateway", "server")
DISPERSED: Final = [{"agent": "Satellite", "sigma": {"x": 0.001}}]


@pytest.fixture(scope="module")
def installation(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("porta")
    with installed(redis_of_its_own.url, folder, PORTA_INLINE_WORK="500000") as running:
        yield running


class OpenGateway(Gateway):  # type: ignore[misc]  # it is untyped
    """A Gateway that is closed once: by its context.

    dask-gateway's closes itself once more when it is forgotten, which fails on a loop that has
    ended: an error that pytest finds in whichever test comes next.
    """

    def __del__(self) -> None:
        pass


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster, set_as_default=False) as connected,
    ):
        yield connected


@pytest.fixture(scope="module")
def gateway(installation: Installation) -> Iterator[Gateway]:
    access = installation.gateway
    assert access is not None
    auth = BasicAuth("porta", access.password)
    with OpenGateway(access.address, proxy_address=access.proxy_address, auth=auth) as synchronous:
        yield synchronous


@pytest.fixture(scope="module")
def places(client: Client, gateway: Gateway, installation: Installation) -> dict[str, Any]:
    return {"process": None, "client": client, "gateway": gateway, "server": installation.url}


@pytest.fixture(params=WAYS)
def on(request: pytest.FixtureRequest, places: dict[str, Any]) -> Any:  # noqa: ANN401 - four types
    return places[request.param]


def a_run(on: Any = None, progress: Any = None) -> porta.Propagation:  # noqa: ANN401 - as above
    """Nine intervals, and a partial one."""
    return porta.propagate(600_000, seed=7, on=on, progress=progress)


def an_ensemble(on: Any = None) -> porta.Ensemble:  # noqa: ANN401 - as above
    return porta.propagate(2_000, seed=7, members=600, dispersion=DISPERSED, on=on)


def test_a_run_is_the_same_wherever_it_is_computed(on: Any) -> None:  # noqa: ANN401 - as above
    alone = Propagation.open(Trajectory(seed=7), 600_000)
    told: list[tuple[int, int]] = []
    run = a_run(on, progress=lambda *at: told.append(at))
    assert run.id == PropagationRequest(600_000, Trajectory(seed=7)).id
    assert run.manifest == a_run().manifest
    assert run.end == alone.end
    records = pa.Table.from_batches(alone.slices(100.0, 120.0))
    assert run.table(100.0, 120.0).equals(records)
    assert run.states([0.0, 77.7]).num_rows == 4
    assert run.series("energy").equals(a_run().series("energy"))
    assert told[-1] == (600_000, 600_000)


@pytest.mark.parametrize("way", ["client", "server"])
def test_an_order_comes_to_the_same_wherever_it_is_computed(
    places: dict[str, Any], way: str
) -> None:
    on = places[way]
    stop = {"agent": "Satellite", "escape": True}
    run = porta.propagate(400_000, seed=5, stop=stop, on=on)
    assert run.steps == 110_686
    assert run.manifest == porta.propagate(400_000, seed=5, stop=stop).manifest


def test_an_ensemble_is_the_same_wherever_it_is_computed(on: Any) -> None:  # noqa: ANN401 - as above
    dispersion = Dispersion.from_json(DISPERSED, NANO)
    alone = compute(PropagationRequest(2_000, Trajectory(NANO, 7, 0, dispersion), 600))
    ensemble = an_ensemble(on)
    here = an_ensemble()
    assert ensemble.manifest == here.manifest
    assert ensemble.sentence == alone.document()["agents"]["Satellite"]["sentence"]
    assert ensemble.quantiles("distance").equals(here.quantiles("distance"))
    assert ensemble.survival().equals(here.survival())
    assert ensemble.members.to_arrow().equals(alone.table())
    farthest = [
        each.members.where(agent="Satellite").sort("closest", descending=True)[:5]
        for each in (ensemble, here)
    ]
    assert farthest[0].equals(farthest[1])
    assert len(ensemble.members.where(agent="Satellite", outcome="bound")) <= 600
    member = ensemble.member(17)
    assert member.table().equals(here.member(17).table())


def test_what_a_server_has_opens_by_id_and_by_address_with_the_same_bits(
    installation: Installation,
) -> None:
    run, many = a_run(installation.url), an_ensemble(installation.url)
    for result, below in ((run, "/records?format=csv"), (many, "/ensemble")):
        for what, on in (
            (result.id, installation.url),
            (f"{installation.url}/propagate/{result.id}?t0=3#orbit", None),
            (f"{installation.url}/api/v1/propagations/{result.id}{below}", None),
        ):
            found = porta.open(what, on=on)
            assert type(found) is type(result)
            assert found.manifest == result.manifest
            assert found.provenance == result.provenance
    page = f"{installation.url}/propagate/{many.id}"
    member, members = porta.open(f"{page}?member=17"), porta.open(page)
    assert isinstance(member, porta.Propagation)
    assert isinstance(members, porta.Ensemble)
    assert member.table().equals(many.member(17).table())
    assert members.members.to_arrow().equals(many.members.to_arrow())


def test_what_a_server_computes_is_waited_for_and_an_order_opens_as_its_answer(
    installation: Installation,
) -> None:
    request = {"steps": 7_000_000, "seed": 12}
    order = {"steps": 400_000, "seed": 5, "stop": {"agent": "Satellite", "escape": True}}
    with installation.client() as browser:
        begun = browser.post("/api/v1/propagations", json=request).raise_for_status().json()
        asked = browser.post("/api/v1/propagations", json=order).raise_for_status().json()
    assert begun["status"] != "complete"
    told: list[tuple[int, int]] = []
    opened = porta.open(begun["id"], on=installation.url, progress=lambda *at: told.append(at))
    assert isinstance(opened, porta.Propagation)
    assert opened.end == Propagation.open(Trajectory(seed=12), 7_000_000).end
    assert told[-1] == (7_000_000, 7_000_000)
    came = porta.open(f"{installation.url}/propagate/{asked['id']}")
    assert came.steps == 110_686


@pytest.mark.parametrize("way", ["process", "client", "server"])
def test_a_trajectory_that_ends_says_where_wherever_it_is_computed(
    places: dict[str, Any], way: str
) -> None:
    twins = [{**NANO.agents[0].to_json(), "name": name} for name in ("Planet", "Twin")]
    scenario = {**NANO.to_json(), "agents": twins}
    with pytest.raises(porta.PropagationFailed, match="collide at step 1") as raised:
        porta.propagate(100, scenario=scenario, on=places[way])
    assert raised.value.steps == 0


@pytest.mark.parametrize("way", ["process", "server"])
def test_it_works_inside_a_running_event_loop(places: dict[str, Any], way: str) -> None:
    async def cell() -> porta.Propagation:
        return porta.propagate(until=100.0, on=places[way])

    assert asyncio.run(cell()).steps == 2_284


def test_a_gateway_that_is_asynchronous_will_do(installation: Installation) -> None:
    access = installation.gateway
    assert access is not None

    async def cell() -> int:
        auth = BasicAuth("porta", access.password)
        async with Gateway(
            access.address, proxy_address=access.proxy_address, auth=auth, asynchronous=True
        ) as gateway:
            return porta.propagate(70_000, on=gateway).steps

    assert asyncio.run(cell()) == 70_000


def test_a_client_that_is_asynchronous_will_do(client: Client) -> None:
    address: str = client.scheduler_info()["address"]

    async def cell() -> int:
        async with Client(address, asynchronous=True) as own:
            return porta.propagate(70_000, on=own).steps

    assert asyncio.run(cell()) == 70_000


def test_a_client_without_processes_will_do() -> None:
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as cluster,
        Client(cluster, set_as_default=False) as inside,
    ):
        assert porta.propagate(70_000, on=inside).steps == 70_000


def test_a_cluster_that_scales_by_its_tasks_starts_a_worker() -> None:
    with LocalCluster(
        n_workers=0, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        cluster.adapt(minimum=0, maximum=1, interval="100ms")
        with Client(cluster, set_as_default=False) as adaptive:
            assert porta.propagate(70_000, on=adaptive).steps == 70_000


def test_a_client_that_reaches_nothing_is_refused(client: Client) -> None:
    address: str = client.scheduler_info()["address"]
    with Client(address, set_as_default=False) as closed:
        pass
    with pytest.raises(porta.ArgumentError, match="is closed, so it reaches no scheduler"):
        porta.propagate(500, on=closed)


def test_a_cluster_in_the_loop_that_would_be_blocked_is_refused() -> None:
    async def cell() -> None:
        async with (
            LocalCluster(
                n_workers=0, processes=False, asynchronous=True, dashboard_address=":0"
            ) as cluster,
            Client(cluster, asynchronous=True) as own,
        ):
            with pytest.raises(porta.ArgumentError, match="without asynchronous=True"):
                porta.propagate(500, on=own)

    asyncio.run(cell())


def test_a_server_may_start_anew_meanwhile(installation: Installation) -> None:
    told = 0

    def restart(_done: int, _total: int) -> None:
        nonlocal told
        told += 1
        if told == 2:  # it has answered that it has begun
            installation.stop("web")
            installation.start_web()

    run = porta.propagate(1_000_000, seed=11, on=installation.url, progress=restart)
    assert run.end == Propagation.open(Trajectory(seed=11), 1_000_000).end


def test_an_interrupt_leaves_nothing_on_the_cluster_that_was_handed_over(client: Client) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as raised:
        porta.propagate(100_000_000, seed=3, on=client, progress=interrupt)
    assert raised.value.__notes__ == ["Cancelled; none of its tasks is left on the cluster."]
    eventually(
        lambda: client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
    )


def test_an_interrupt_leaves_the_servers_run_going_and_says_where(
    installation: Installation,
) -> None:
    told = 0

    def interrupt(_done: int, _total: int) -> None:
        nonlocal told
        told += 1
        if told == 2:  # it has answered that it has begun
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as raised:
        porta.propagate(90_000_000, seed=3, on=installation.url, progress=interrupt)
    (note,) = raised.value.__notes__
    assert note.startswith(f"The server goes on with it: {installation.url}/propagate/90000000-")
    run = PropagationRequest(90_000_000, Trajectory(seed=3)).id
    with installation.client() as browser:
        browser.delete(f"/api/v1/propagations/{run}").raise_for_status()


def test_a_wrong_password_is_a_sentence(installation: Installation) -> None:
    access = installation.gateway
    assert access is not None
    with (
        OpenGateway(
            access.address, proxy_address=access.proxy_address, auth=BasicAuth("porta", "wrong")
        ) as gateway,
        pytest.raises(porta.ExecutionError, match="refuses the credentials"),
    ):
        porta.propagate(70_000, on=gateway)


def test_a_lost_cluster_is_a_sentence_that_says_what_to_do() -> None:
    with dask(workers=1) as servers, Client(servers.address, set_as_default=False) as lost:
        killed = False

        def kill(done: int, total: int) -> None:
            nonlocal killed
            if 0 < done < total and not killed:
                killed = True
                servers.scheduler.kill()

        with pytest.raises(porta.ExecutionError, match="Propagate again"):
            porta.propagate(100_000_000, on=lost, progress=kill)
        assert killed


def test_what_the_guide_shows_runs_two_calls_on_a_gateway_among_it_and_leaves_no_cluster(
    installation: Installation,
) -> None:
    access = installation.gateway
    assert access is not None
    guide = (Path(__file__).parents[2] / "docs" / "elsewhere.md").read_text()
    programs = re.findall(r"^```python\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    assert len(programs) == 4
    environ = {
        **os.environ,
        "DASK_GATEWAY__ADDRESS": access.address,
        "DASK_GATEWAY__PROXY_ADDRESS": access.proxy_address,
        "DASK_GATEWAY__AUTH__TYPE": "basic",
        "DASK_GATEWAY__AUTH__KWARGS": json.dumps(
            {"username": "porta", "password": access.password}
        ),
    }
    for program in programs:
        done = subprocess.run(  # noqa: S603 - our own programs
            (sys.executable, "-c", program.replace("http://127.0.0.1:8080", installation.url)),
            env=environ,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    eventually(lambda: not installation.clusters("pending,running,stopping"))


INTERRUPTED: Final = """
import signal
import sys
import porta
from dask_gateway import BasicAuth, Gateway

def tell(done, total):
    if done:
        print("running", flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells have it ignored
    address, proxy, password = sys.argv[1:]
    with Gateway(address, proxy_address=proxy, auth=BasicAuth("porta", password)) as gateway:
        porta.propagate(100_000_000, on=gateway, progress=tell)
"""


def test_an_interrupt_stops_the_cluster_and_says_so(installation: Installation) -> None:
    access = installation.gateway
    assert access is not None
    with subprocess.Popen(  # noqa: S603 - our own program
        (sys.executable, "-c", INTERRUPTED, access.address, access.proxy_address, access.password),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as script:
        try:
            assert script.stdout is not None
            assert script.stdout.readline() == "running\n"
            script.send_signal(signal.SIGINT)
            _, told = script.communicate(timeout=EVENTUALLY_S)
        finally:
            script.kill()
    assert "KeyboardInterrupt" in told
    assert "Cancelled; the cluster that was started for it is stopped." in told
    eventually(lambda: not installation.clusters("pending,running,stopping"))
