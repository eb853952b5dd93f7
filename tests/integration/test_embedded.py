"""`porta serve` with all its real servers: what it serves, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil
import pytest
import redis
from dask_gateway import BasicAuth, Gateway
from distributed import Client
from jupyter_client.blocking.client import BlockingKernelClient

from tests import http_client
from tests.deadlines import EVENTUALLY_S, under_load, within
from tests.processes import eventually, lives, none_left, of_folder
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from dask_gateway.client import ClusterReport

    from tests.redis_servers import RedisServer

GONE_S: Final = 5.0
MINUTE_S: Final = 60.0  # docs/operations.md
STEPS: Final = "/api/v1/propagations/500"
ENDINGS: Final = {
    "Ctrl-C": ("serve", signal.SIGINT),
    "SIGTERM": ("serve", signal.SIGTERM),
    "a closed terminal": ("serve", signal.SIGHUP),
    "kill -9": ("serve", signal.SIGKILL),
    "kill -9 of the supervisor": ("supervisor", signal.SIGKILL),
    "a paused supervisor, Ctrl-C and SIGTERM": ("both", signal.SIGINT),
}


class Served:
    """One `porta serve`, as a person has it in a terminal."""

    def __init__(self, data: Path, *options: str, port: int | None = None, **environ: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DASK_")}
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            (
                *(sys.executable, "-m", "frontend.cli", "serve"),
                *("--port", str(self.port), "--data", str(data)),
                *options,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**kept, **environ},
            start_new_session=True,
        )

    def first_line(self) -> str:
        """Its first line, which comes when the page answers; an error's words if none comes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate(timeout=EVENTUALLY_S)
            pytest.fail(f"porta serve ended:\n{errors}", pytrace=False)
        return line

    def notebook(self) -> httpx.URL:
        """The address of JupyterLab, with the token, as the terminal shows it."""
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        return httpx.URL(next(line for line in lines if "token=" in line).strip())

    def errors(self) -> str:
        """Everything that it says on its standard error, once it has ended."""
        return self.process.communicate(timeout=EVENTUALLY_S)[1]

    def find(self, *words: str) -> psutil.Process:
        """The process whose command has these words."""
        return eventually(lambda: self._find(words))

    def supervisor(self) -> psutil.Process:
        return self.find("frontend.embedded.supervisor")

    def family(self) -> list[int]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [self.process.pid, *(one.pid for one in children)]

    def ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return http_client.get(f"{self.url}/readyz").status_code == 200
        return False

    def has_result(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return bool(http_client.get(f"{self.url}{STEPS}").json()["status"] == "complete")
        return False

    def environ(self) -> dict[str, str]:
        """What the runner knows: all that there is to be known."""
        return self.find("frontend.cli", "runner").environ()

    def gateway_answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            url = f"{self.environ()['DASK_GATEWAY_ADDRESS']}/api/health"
            return http_client.get(url).status_code == 200
        return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=EVENTUALLY_S)

    def _find(self, words: tuple[str, ...]) -> psutil.Process | None:
        for one in of_folder(self.data):
            with contextlib.suppress(psutil.Error):
                command = " ".join(one.cmdline())
                if all(word in command for word in words):
                    return one
        return None


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    with none_left(folder):
        yield folder


@contextlib.contextmanager
def serving(data: Path, *options: str, port: int | None = None, **environ: str) -> Iterator[Served]:
    served = Served(data, *options, port=port, **environ)
    try:
        served.first_line()
        yield served
    finally:
        if served.process.returncode is None:
            served.stop()


@contextlib.asynccontextmanager
async def gateway_of(served: Served) -> AsyncIterator[Gateway]:
    known = served.environ()
    async with Gateway(
        known["DASK_GATEWAY_ADDRESS"],
        proxy_address=known["DASK_GATEWAY_PROXY_ADDRESS"],
        auth=BasicAuth("porta", known["DASK_GATEWAY_PASSWORD"]),
        asynchronous=True,
    ) as gateway:
        yield gateway


def cluster_of(served: Served, workers: int) -> str:
    """Have the embedded Gateway start a cluster that nobody will stop, and give its name."""

    async def start() -> str:
        async with gateway_of(served) as gateway:
            name = str(await gateway.submit(tag="of/this/test"))
            report = await gateway.get_cluster(name, wait=True)
            assert report.options == {"tag": "of/this/test"}
            await gateway.scale_cluster(name, workers)
            async with client_of(report) as client:
                await client.wait_for_workers(workers, timeout=EVENTUALLY_S)
            return name

    return asyncio.run(start())


async def double_on(served: Served, name: str, number: int) -> object:
    """Have a cluster compute something, and stop it."""
    async with gateway_of(served) as gateway:
        async with client_of(await gateway.get_cluster(name)) as client:
            doubled = await client.submit(mul, number, 2)
        await gateway.stop_cluster(name)
        return doubled


def client_of(report: ClusterReport) -> Client:
    return Client(report.scheduler_address, security=report.security, asynchronous=True)


def workers_of(served: Served) -> list[psutil.Process]:
    found = []
    for one in of_folder(served.data):
        with contextlib.suppress(psutil.Error):
            if "distributed.cli.dask_worker" in one.cmdline():
                found.append(one)
    return found


def end(served: Served, whom: str, number: signal.Signals) -> None:
    if whom == "both":
        served.supervisor().suspend()
        served.process.send_signal(number)
        served.process.send_signal(signal.SIGTERM)  # two of a kind could arrive as one
    elif whom == "supervisor":
        served.supervisor().send_signal(number)
    else:
        served.process.send_signal(number)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that serves several tests, which leave it as it was."""
    folder = tmp_path_factory.mktemp("shared")
    with none_left(folder), serving(folder) as served:
        assert http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        yield served


def test_it_says_where_it_is_when_the_page_answers_and_ends_well(data: Path) -> None:
    served = Served(data)
    try:
        line = served.first_line()
        assert line == f"Porta is at {served.url}/ (data in {data}, Ctrl-C to stop)\n"
        assert http_client.get(served.url).status_code == 200
        assert served.ready()
    finally:
        served.stop()
    assert served.process.returncode == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_after(ending: str, data: Path) -> None:
    with serving(data) as served:
        cluster_of(served, workers=2)
        family = served.family()
        sockets = Path(served.environ()["REDIS_URL"].removeprefix("unix://")).parent
        assert len(family) >= 10, "serve, supervisor, five servers, a scheduler and two workers"
        end(served, *ENDINGS[ending])
        eventually(lambda: not [pid for pid in family if lives(pid)], within_s=within(GONE_S))
        assert of_folder(data) == []
        served.process.communicate(timeout=EVENTUALLY_S)
        eventually(lambda: not sockets.exists() and not (data / "run").exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_results_are_there_again_after(number: signal.Signals, data: Path) -> None:
    with serving(data) as served:
        assert http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        served.process.send_signal(number)
        served.process.communicate(timeout=EVENTUALLY_S)
    with serving(data) as served:
        assert http_client.get(f"{served.url}{STEPS}").json()["status"] == "complete"


def test_what_both_left_that_were_killed_at_once_is_swept_by_the_next(data: Path) -> None:
    with serving(data) as served:
        cluster_of(served, workers=1)
        left = served.family()
        supervisor = served.supervisor()
        served.process.kill()
        supervisor.kill()
        served.process.communicate(timeout=EVENTUALLY_S)
    with serving(data) as served:
        assert not [pid for pid in left if lives(pid)]
        assert served.ready()


def test_what_both_left_that_were_killed_at_once_ends_by_itself_within_a_minute(
    data: Path,
) -> None:
    with serving(data) as served:
        cluster_of(served, workers=2)
        left = served.family()
        supervisor = served.supervisor()
        served.process.kill()
        supervisor.kill()
        served.process.communicate(timeout=EVENTUALLY_S)
        eventually(lambda: not [pid for pid in left if lives(pid)], within_s=within(MINUTE_S))


def test_a_second_one_on_the_same_folder_is_refused_with_the_firsts_name(shared: Served) -> None:
    second = Served(shared.data)
    errors = second.errors()
    assert second.process.returncode == 1
    assert f"Porta runs already at {shared.url}/ (process {shared.process.pid})" in errors
    assert shared.ready()


def test_a_second_one_on_a_folder_of_its_own_is_served(shared: Served, data: Path) -> None:
    with serving(data) as second:
        assert second.ready()
        assert http_client.get(f"{second.url}{STEPS}").status_code == 404
    assert shared.ready()


def test_a_taken_port_is_told_in_a_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        served = Served(data, port=port)
        assert f"can't listen on 127.0.0.1, port {port}: another program" in served.errors()
        assert served.process.returncode == 1
    assert of_folder(data) == []


def test_a_server_that_cannot_start_is_named_with_its_last_words(data: Path) -> None:
    (data / "redis").mkdir(parents=True)
    (data / "redis" / "appendonlydir").touch()
    served = Served(data)
    errors = served.errors()
    assert served.process.returncode == 1
    assert "The Redis server ended while Porta started" in errors
    assert "append-only dir" in errors
    assert of_folder(data) == []


def test_damaged_results_are_repaired_in_a_sentence_and_porta_starts(data: Path) -> None:
    with serving(data) as served:
        assert http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
    (writes,) = (data / "redis" / "appendonlydir").glob("*.incr.aof")
    with writes.open("ab") as file:
        file.write(bytes(4_096))
    with serving(data) as served:
        assert http_client.get(f"{served.url}{STEPS}").json()["status"] == "complete"
        served.process.send_signal(signal.SIGTERM)
        errors = served.errors()
    assert "Porta has repaired its data: the append-only file was damaged" in errors
    (aside,) = (data / "redis").glob("damaged-*")
    assert str(aside) in errors


@pytest.mark.parametrize(
    "words",
    [("frontend.cli", "web"), ("frontend.cli", "runner"), ("valkey",), ("dask-gateway-proxy",)],
    ids=" ".join,
)
def test_a_server_that_is_killed_comes_back(words: tuple[str, ...], shared: Served) -> None:
    victim = shared.find(*words)
    victim.kill()
    eventually(lambda: not lives(victim.pid))
    assert shared.find(*words).pid != victim.pid
    # A web's threads may answer for a moment after it is killed; so all is asked again and again.
    eventually(lambda: shared.ready() and shared.has_result())


def test_a_gateway_that_is_killed_comes_back_and_costs_its_clusters_nothing(
    shared: Served,
) -> None:
    name = cluster_of(shared, workers=2)
    workers = {one.pid for one in workers_of(shared)}
    gateway = shared.find("dask_gateway_server", "-f")
    gateway.kill()
    eventually(lambda: not lives(gateway.pid))
    eventually(shared.gateway_answers)
    assert asyncio.run(double_on(shared, name, 21)) == 42
    assert {one.pid for one in workers_of(shared)} == workers
    other = cluster_of(shared, workers=1)
    assert asyncio.run(double_on(shared, other, 4)) == 8


def test_clusters_see_neither_redis_nor_a_password(shared: Served) -> None:
    known = shared.environ()
    secrets = {known["REDIS_URL"], known["DASK_GATEWAY_PASSWORD"]}
    cluster_of(shared, workers=1)
    for one in [*workers_of(shared), shared.find("distributed.cli.dask_scheduler")]:
        assert not secrets & set(one.environ().values())
    web = shared.find("frontend.cli", "web").environ()
    assert known["DASK_GATEWAY_PASSWORD"] not in web.values()


def test_dask_listens_on_loopback_and_its_dashboards_refuse_strangers(shared: Served) -> None:
    name = cluster_of(shared, workers=1)
    scheduler = shared.find("distributed.cli.dask_scheduler")
    listening = [
        one.laddr
        for process in [scheduler, *workers_of(shared)]
        for one in process.net_connections(kind="tcp")
        if one.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 4, "a port for Dask and one for a dashboard, each"
    assert {one.ip for one in listening} == {"127.0.0.1"}
    dashboard = f"{shared.environ()['DASK_GATEWAY_ADDRESS']}/clusters/{name}"
    other = {"Host": "rebound.example"}  # the proxy does not pass it on, but a path is a secret
    page = {"Origin": "http://other.example"}
    assert http_client.get(f"{dashboard}/status").status_code == 200
    assert http_client.get(f"{dashboard}/status", headers=page).status_code == 403
    assert http_client.get(f"{dashboard}/proxy/{shared.port}/127.0.0.1/healthz").status_code == 404
    refusing = [one for one in listening if refuses(one.port, other)]
    for one in refusing:
        there = f"http://{one.ip}:{one.port}/status"
        assert "bokeh" in http_client.get(there, follow_redirects=True).text, (
            "loaded when asked for"
        )
    assert len(refusing) >= 2, "a scheduler's dashboard, and a worker's"


def refuses(port: int, headers: dict[str, str]) -> bool:
    """Whether a port speaks HTTP, and answers 200 for itself and 403 for another host."""
    soon = under_load(5.0)  # what speaks another protocol never answers
    with contextlib.suppress(httpx.HTTPError):
        url = f"http://127.0.0.1:{port}/health"
        if http_client.get(url, timeout=soon).status_code == 200:
            return http_client.get(url, headers=headers, timeout=soon).status_code == 403
    return False


def test_redis_can_be_reached_by_this_user_alone(shared: Served) -> None:
    path = Path(shared.environ()["REDIS_URL"].removeprefix("unix://"))
    assert path.is_socket()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_configured_redis_is_used_and_none_embedded(
    data: Path, redis_server: RedisServer
) -> None:
    with serving(data, REDIS_URL=redis_server.url) as served:
        assert http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        assert not [one for one in of_folder(data) if "valkey" in " ".join(one.cmdline())]
    with contextlib.closing(redis.Redis.from_url(redis_server.url)) as client:
        assert client.exists("propagation/500")


def test_a_gateway_elsewhere_that_is_away_is_told_and_what_there_is_is_served(data: Path) -> None:
    with serving(data, DASK_GATEWAY_ADDRESS=f"http://127.0.0.1:{free_port()}") as served:
        assert http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        assert not [one for one in of_folder(data) if "dask_gateway_server" in one.cmdline()]
        served.process.send_signal(signal.SIGTERM)
        errors = served.errors()
    assert "Porta serves what it has: the runner was not ready after 10 s" in errors


def test_a_copy_of_the_stopped_folder_is_a_backup(data: Path, tmp_path: Path) -> None:
    with serving(data) as served:
        document = http_client.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).json()
    copy = tmp_path / "backup"
    shutil.copytree(data, copy)
    with none_left(copy), serving(copy) as restored:
        assert http_client.get(f"{restored.url}{STEPS}").json() == document


GATEWAY_CELL: Final = """
from dask_gateway import GatewayCluster
cluster = GatewayCluster()
cluster.scale(1)
with cluster.get_client() as client:
    print(client.submit(sum, [20, 22]).result(timeout=60), flush=True)
"""


def test_a_notebook_beside_it_needs_the_token_reaches_the_gateway_and_ends_with_it(
    data: Path,
) -> None:
    with serving(data, "--notebook") as served:
        lab = served.notebook()
        assert (
            http_client.get(f"{lab.copy_with(query=None).join('/api/contents')}").status_code == 403
        )
        kernel = started_kernel(served, lab)
        assert said_by(kernel, GATEWAY_CELL) == "42\n"
        family = served.family()
        assert [one for one in of_folder(data) if "ipykernel_launcher" in one.cmdline()]
        served.process.send_signal(signal.SIGINT)
        eventually(lambda: not [pid for pid in family if lives(pid)], within_s=within(GONE_S))
        assert of_folder(data) == []


def started_kernel(served: Served, lab: httpx.URL) -> BlockingKernelClient:
    """A new kernel of JupyterLab's, as a notebook has one."""
    token = lab.params["token"]
    answer = http_client.post(lab.join("/api/kernels"), headers={"Authorization": f"token {token}"})
    name = f"kernel-{answer.raise_for_status().json()['id']}.json"
    client = BlockingKernelClient(connection_file=str(served.data / "run" / "jupyter" / name))
    client.load_connection_file()
    client.start_channels()
    eventually(lambda: is_ready(client))
    return client


def is_ready(kernel: BlockingKernelClient) -> bool:
    with contextlib.suppress(RuntimeError):  # its heart does not beat yet
        kernel.wait_for_ready(timeout=EVENTUALLY_S)
        return True
    return False


def said_by(kernel: BlockingKernelClient, code: str) -> str:
    """What a cell prints; an error's words too."""
    said: list[str] = []

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        said.append(content.get("text") or "\n".join(content.get("traceback", ())))

    kernel.execute_interactive(code, timeout=EVENTUALLY_S, output_hook=note)
    kernel.stop_channels()
    return "".join(said)
