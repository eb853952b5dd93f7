"""A whole installation for tests: real web and runner processes on a real Redis and Gateway."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import redis

from frontend import embedded
from tests import http_client
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually, frozen, has_words, of_folder
from tests.redis_servers import empty, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import psutil

    from frontend.embedded import GatewayAccess

OVER: Final = frozenset({"complete", "failed", "cancelled"})
EVERY_STATUS: Final = "pending,running,stopping,stopped,failed"
# By default five million steps need no run; with less, a test's own run is over in a moment.
AT_ONCE: Final = {"PORTA_INLINE_WORK": "10000"}


@dataclass
class Installation:
    """The addresses and logs of an installation, and its processes, which tests stop and start."""

    environ: Mapping[str, str]
    logs: Path
    gateway: GatewayAccess | None
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.environ["REDIS_URL"])

    def client(self) -> httpx.Client:
        return http_client.new_client(base_url=self.url)

    def start_web(self) -> None:
        self.start("web", "--port", str(self.port))
        eventually(lambda: self.works("web", "/healthz"), within_s=EVENTUALLY_S)

    def start_runner(self, name: str = "runner", **environ: str) -> None:
        self.start("runner", name=name, **environ)
        eventually(lambda: self.works(name, "/readyz"), within_s=EVENTUALLY_S)

    def start(
        self, command: str, *words: str, name: str | None = None, **environ: str
    ) -> subprocess.Popen[bytes]:
        """Start a command of Porta's; it is stopped with the installation."""
        name = name or command
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own command
                (sys.executable, "-P", "-m", "frontend.cli", command, *words),
                env={**self.environ, **environ},
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def stop(self, name: str) -> None:
        """Stop a process as a deployment does."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(EVENTUALLY_S)
        finally:
            process.kill()

    def kill(self, name: str) -> None:
        """Kill a process (SIGKILL)."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    @contextlib.contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Freeze a process meanwhile (SIGSTOP, SIGCONT)."""
        with frozen(self.processes[name].pid):
            yield

    def of_gateway(self, *words: str) -> list[psutil.Process]:
        """The Gateway's living processes, Dask's among them, whose command has these words."""
        return [one for one in of_folder(self.logs / "gateway") if has_words(one, words)]

    def works(self, name: str, path: str) -> bool:
        """Whether a path answers; fails where the process has ended."""
        log = self.logs / f"{name}.log"
        assert self.processes[name].poll() is None, log.read_text(encoding="utf-8")[-2_000:]
        return self.answers(path)

    def answers(self, path: str) -> bool:
        with contextlib.suppress(httpx.TransportError), self.client() as client:
            return client.get(path).status_code == httpx.codes.OK
        return False

    def clusters(self, statuses: str = EVERY_STATUS) -> dict[str, dict[str, Any]]:
        """What the Gateway says about the clusters that it has, or had."""
        assert self.gateway is not None
        answer = http_client.get(
            f"{self.gateway.address}/api/v1/clusters/",
            params={"status": statuses},
            auth=("porta", self.gateway.password),
        )
        found: dict[str, dict[str, Any]] = answer.raise_for_status().json()
        return found


def ask(client: httpx.Client, **body: object) -> dict[str, Any]:
    """Request a propagation, follow its events until it is over, and return its resource."""
    answer = client.post("/api/v1/propagations", json=body)
    assert answer.status_code in {200, 202}, answer.text
    resource: dict[str, Any] = answer.json()
    while answer.status_code == httpx.codes.ACCEPTED and resource["status"] not in OVER:
        with client.stream("GET", resource["links"]["events"]) as events:
            assert events.status_code == httpx.codes.OK
            for line in events.iter_lines():
                if line.startswith("data: "):
                    resource = json.loads(line.removeprefix("data: "))
    return resource


@contextlib.contextmanager
def installed(redis_url: str, folder: Path, **environ: str) -> Iterator[Installation]:
    """Run a Gateway, a web and a runner; `environ` adds to the settings of the two."""
    folder.mkdir(parents=True, exist_ok=True)
    with embedded.gateway(folder / "gateway") as gateway:
        access = {
            "DASK_GATEWAY_ADDRESS": gateway.address,
            "DASK_GATEWAY_PROXY_ADDRESS": gateway.proxy_address,
            "DASK_GATEWAY_PASSWORD": gateway.password,
        }
        with at_work({"REDIS_URL": redis_url} | access | environ, folder, gateway) as installation:
            installation.start_web()
            installation.start_runner()
            yield installation


@contextlib.contextmanager
def web_alone(redis_url: str, folder: Path, **environ: str) -> Iterator[Installation]:
    """Run a web on an empty Redis, without a runner: what is not answered at once would wait."""
    empty(redis_url)
    settings = {
        "REDIS_URL": redis_url,
        "DASK_SCHEDULER": f"127.0.0.1:{free_port()}",
        **environ,
    }
    with at_work(settings, folder) as installation:
        installation.start_web()
        yield installation


@contextlib.contextmanager
def at_work(
    environ: Mapping[str, str], folder: Path, gateway: GatewayAccess | None = None
) -> Iterator[Installation]:
    """An installation with these settings and no processes; those started later are stopped.

    Unless they say otherwise, what is more than 10,000 steps takes a run.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PORTA_", "DASK_"))}
    installation = Installation({**inherited, **AT_ONCE, **environ}, folder, gateway)
    try:
        yield installation
    finally:
        for name in reversed(list(installation.processes)):
            installation.stop(name)
