"""`porta serve` with all its real parts: what it serves, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil
import pytest
import redis
from dask_gateway import BasicAuth, Gateway

from tests.processes import eventually, lives, none_left, of_folder
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.redis_servers import RedisServer

START_S: Final = 60.0
GONE_S: Final = 5.0
BACK_S: Final = 20.0
STEPS: Final = "/api/v1/propagations/500"
ENDINGS: Final = {
    "Ctrl-C": ("serve", signal.SIGINT),
    "SIGTERM": ("serve", signal.SIGTERM),
    "a closed terminal": ("serve", signal.SIGHUP),
    "kill -9": ("serve", signal.SIGKILL),
    "kill -9 of the guardian": ("guardian", signal.SIGKILL),
    "a paused guardian and Ctrl-C twice": ("both", signal.SIGINT),
}


class Served:
    """One `porta serve`, as a person has it in a terminal."""

    def __init__(self, data: Path, *, port: int | None = None, **environ: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DASK_")}
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            (
                *(sys.executable, "-m", "frontend.cli", "serve"),
                *("--port", str(self.port), "--data", str(data)),
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
            _, errors = self.process.communicate(timeout=10)
            pytest.fail(f"porta serve ended:\n{errors}", pytrace=False)
        return line

    def errors(self) -> str:
        """Everything that it says on its standard error, once it has ended."""
        return self.process.communicate(timeout=START_S)[1]

    def part(self, *words: str) -> psutil.Process:
        """The process whose command has these words."""
        return eventually(lambda: self._find(words), within_s=BACK_S)

    def guardian(self) -> psutil.Process:
        return self.part("frontend.embedded.guardian")

    def family(self) -> list[int]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [self.process.pid, *(one.pid for one in children)]

    def ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz").status_code == 200
        return False

    def redis(self) -> contextlib.closing[redis.Redis]:
        url = self.part("frontend.cli", "runner").environ()["REDIS_URL"]
        return contextlib.closing(redis.Redis.from_url(url))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)

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
def serving(data: Path, *, port: int | None = None, **environ: str) -> Iterator[Served]:
    served = Served(data, port=port, **environ)
    try:
        served.first_line()
        yield served
    finally:
        if served.process.returncode is None:
            served.stop()


def cluster_of(served: Served, workers: int) -> str:
    """Have the embedded Gateway start a cluster that nobody will stop, and give its name."""
    known = served.part("frontend.cli", "runner").environ()

    async def start() -> str:
        async with Gateway(
            known["DASK_GATEWAY_ADDRESS"],
            proxy_address=known["DASK_GATEWAY_PROXY_ADDRESS"],
            auth=BasicAuth("porta", known["DASK_GATEWAY_PASSWORD"]),
            asynchronous=True,
        ) as gateway:
            name = str(await gateway.submit(tag="of/this/test"))
            report = await gateway.get_cluster(name, wait=True)
            assert report.options == {"tag": "of/this/test"}
            await gateway.scale_cluster(name, workers)
            return name

    name = asyncio.run(start())
    eventually(lambda: len(workers_of(served)) == workers, within_s=BACK_S)
    return name


def workers_of(served: Served) -> list[psutil.Process]:
    found = []
    for one in of_folder(served.data):
        with contextlib.suppress(psutil.Error):
            if "distributed.cli.dask_worker" in one.cmdline():
                found.append(one)
    return found


def end(served: Served, whom: str, number: signal.Signals) -> None:
    if whom == "both":
        served.guardian().suspend()
        served.process.send_signal(number)
        served.process.send_signal(number)
    elif whom == "guardian":
        served.guardian().send_signal(number)
    else:
        served.process.send_signal(number)


def test_it_says_where_it_is_when_the_page_answers(data: Path) -> None:
    with serving(data) as served:
        served.stop()
    again = Served(data)
    try:
        line = again.first_line()
        assert line == f"Porta is at {again.url}/ (data in {data}, Ctrl-C to stop)\n"
        assert httpx.get(again.url).status_code == 200
        assert again.ready()
    finally:
        again.stop()
    assert again.process.returncode == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_and_results_are_kept_after(ending: str, data: Path) -> None:
    with serving(data) as served:
        assert httpx.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        cluster_of(served, workers=2)
        family = served.family()
        assert len(family) >= 10, "serve, guardian, five servers, a scheduler and two workers"
        end(served, *ENDINGS[ending])
        eventually(lambda: not [pid for pid in family if lives(pid)], within_s=GONE_S)
        assert of_folder(data) == []
        served.process.communicate(timeout=5)
    with serving(data) as served:
        assert httpx.get(f"{served.url}{STEPS}").json()["status"] == "complete"


def test_what_both_left_that_were_killed_at_once_is_swept_by_the_next(data: Path) -> None:
    with serving(data) as served:
        cluster_of(served, workers=1)
        left = served.family()
        guardian = served.guardian()
        served.process.kill()
        guardian.kill()
        served.process.communicate(timeout=5)
    with serving(data) as served:
        assert not [pid for pid in left if lives(pid)]
        assert served.ready()


def test_a_second_one_on_the_same_folder_is_refused_with_the_firsts_name(data: Path) -> None:
    with serving(data) as first:
        second = Served(data)
        errors = second.errors()
        assert second.process.returncode == 1
        assert f"Porta runs already at {first.url}/ (process {first.process.pid})" in errors
        assert first.ready()


def test_a_second_one_on_a_folder_of_its_own_is_served(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with none_left(other), serving(data) as first, serving(other) as second:
        assert first.ready()
        assert second.ready()


def test_a_taken_port_is_told_in_a_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        served = Served(data, port=port)
        assert f"can't listen on 127.0.0.1, port {port}: another program" in served.errors()
        assert served.process.returncode == 1
    assert of_folder(data) == []


def test_a_part_that_cannot_start_is_named_with_its_last_words(data: Path) -> None:
    with serving(data):
        pass
    for log in (data / "redis" / "appendonlydir").glob("*.aof"):
        log.write_bytes(b"*nonsense\r\n")
    served = Served(data)
    errors = served.errors()
    assert served.process.returncode == 1
    assert "The Redis server ended while Porta started" in errors
    assert "AOF" in errors
    assert of_folder(data) == []


@pytest.mark.parametrize(
    "words",
    [("dask_gateway_server",), ("frontend.cli", "web"), ("frontend.cli", "runner"), ("valkey",)],
    ids=" ".join,
)
def test_a_part_that_is_killed_comes_back(words: tuple[str, ...], data: Path) -> None:
    with serving(data) as served:
        assert httpx.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        victim = served.part(*words)
        victim.kill()
        eventually(lambda: not lives(victim.pid))
        assert served.part(*words).pid != victim.pid
        eventually(served.ready, within_s=BACK_S)
        assert httpx.get(f"{served.url}{STEPS}").json()["status"] == "complete"
        cluster_of(served, workers=1)


def test_a_gateway_that_is_killed_costs_its_clusters_nothing(data: Path) -> None:
    with serving(data) as served:
        cluster_of(served, workers=2)
        before = {one.pid for one in workers_of(served)}
        gateway = served.part("dask_gateway_server", "-f")
        gateway.kill()
        eventually(lambda: not lives(gateway.pid))
        served.part("dask_gateway_server", "-f")
        eventually(served.ready, within_s=BACK_S)
        assert {one.pid for one in workers_of(served)} == before


def test_clusters_see_neither_redis_nor_a_password(data: Path) -> None:
    with serving(data) as served:
        known = served.part("frontend.cli", "runner").environ()
        secrets = {known["REDIS_URL"], known["DASK_GATEWAY_PASSWORD"]}
        cluster_of(served, workers=1)
        for one in [*workers_of(served), served.part("distributed.cli.dask_scheduler")]:
            assert not secrets & set(one.environ().values())
        web = served.part("frontend.cli", "web").environ()
        assert known["DASK_GATEWAY_PASSWORD"] not in web.values()


def test_redis_keeps_to_this_user_and_evicts_only_what_may_go(data: Path) -> None:
    with serving(data) as served, served.redis() as client:
        settings: Any = client.config_get("maxmemory*")
        assert settings["maxmemory-policy"] == "volatile-lru"
        assert int(settings["maxmemory"]) > 0
        path = client.connection_pool.connection_kwargs["path"]
        assert os.stat(path).st_mode & 0o077 == 0  # noqa: PTH116 - a socket's name


def test_a_configured_redis_is_used_and_none_embedded(
    data: Path, redis_server: RedisServer
) -> None:
    with serving(data, REDIS_URL=redis_server.url) as served:
        assert httpx.post(f"{served.url}/api/v1/propagations", json={"steps": 500}).is_success
        assert not [one for one in of_folder(data) if "valkey" in " ".join(one.cmdline())]
    with contextlib.closing(redis.Redis.from_url(redis_server.url)) as client:
        assert client.exists("propagation/500")
