"""The web of the deployment, over HTTP: where it is reached, and what is asked of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.cluster import commands
from tests.cluster.kube import PORTA
from tests.cluster.shell import kill
from tests.cluster.story import say, timed
from tests.cluster.waiting import until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.cluster.deployment import Deployment

__all__ = ["OVER", "Resource", "Site"]

Resource = dict[str, Any]

OVER: Final = frozenset({"complete", "failed", "cancelled"})
LOOK_S: Final = 3.0
ANSWER_S: Final = 30.0
RUN_S: Final = 600.0
POLL_S: Final = 0.5


@dataclass
class Site:
    """Porta's web; `lasts` says whether its address stays when pods are replaced."""

    deployment: Deployment
    page_url: str = ""  # empty: found
    lasts: bool = True
    is_given: bool = field(init=False)
    _forward: subprocess.Popen[str] | None = None
    _port: int = 0

    def __post_init__(self) -> None:
        """Remember whether the address was given."""
        self.is_given = bool(self.page_url)

    @property
    def url(self) -> str:
        """Where the web answers now."""
        if not self.page_url:
            self._find()
        if self._forward is not None and not self._answers(self.page_url):
            self._start_forwarding()
        return self.page_url

    def _find(self) -> None:
        self.page_url = next(filter(self._answers, self._node_ports()), "")
        if not self.page_url:
            from tests.redis_servers import free_port  # a plugin of pytest: not before it has begun

            self.lasts, self._port = False, free_port()
            self.page_url = f"http://127.0.0.1:{self._port}"
            self._start_forwarding()
        say(f"the web is at {self.page_url}")

    def _node_ports(self) -> Iterator[str]:
        kube = self.deployment.kube
        (service,) = (
            one for one in kube.items("services", PORTA) if one["metadata"]["name"] == "porta"
        )
        port = service["spec"]["ports"][0].get("nodePort")
        if port is not None:
            for node in kube.items("nodes"):
                for one in node["status"]["addresses"]:
                    if one["type"] in {"InternalIP", "ExternalIP"} and ":" not in one["address"]:
                        yield f"http://{one['address']}:{port}"

    def _start_forwarding(self) -> None:
        self.close()
        command = commands.FORWARD.replace("8080:80", f"{self._port}:80")
        # It prints a line for each connection.
        self._forward = self.deployment.shell.start(f"{command} >/dev/null 2>&1")
        until(lambda: self._answers(self.page_url), "a forwarded port answers", within_s=ANSWER_S)

    def close(self) -> None:
        """Stop forwarding a port, if one is."""
        if self._forward is not None:
            kill(self._forward)
            self._forward.communicate()
            self._forward = None

    def client(self, url: str = "", timeout_s: float = ANSWER_S) -> httpx.Client:
        """Return a client of the web."""
        # To an address that was given the way may lead through a proxy of the environment's.
        return httpx.Client(base_url=url or self.url, timeout=timeout_s, trust_env=self.is_given)

    def _answers(self, url: str) -> bool:
        try:
            with self.client(url, LOOK_S) as client:
                return client.get("/healthz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def get(self, path: str) -> httpx.Response:
        """Get a path."""
        with self.client() as client:
            return client.get(path)

    def readiness(self) -> dict[str, str]:
        """Return what /readyz says of each part; empty if the web does not answer."""
        try:
            checks: dict[str, str] = self.get("/readyz").json()["checks"]
        except (httpx.TransportError, ValueError):
            return {}
        return checks

    def is_ready(self) -> bool:
        """Whether Redis, a runner and the Gateway work together."""
        checks = self.readiness()
        return bool(checks) and set(checks.values()) == {"ok"}

    def ask(self, **body: object) -> Resource:
        """Request a propagation, and return its resource as it is now."""
        with self.client() as client:
            answer = client.post("/api/v1/propagations", json=body)
        assert answer.status_code in {200, 202}, answer.text
        resource: Resource = answer.json()
        return resource

    def look(self, run: Resource) -> Resource:
        """Return the resource of a run as it is now."""
        answer = self.get(run["links"]["self"])
        assert answer.status_code == httpx.codes.OK, answer.text
        resource: Resource = answer.json()
        return resource

    def finish(self, run: Resource, *, within_s: float = RUN_S) -> Resource:
        """Wait until a run is over, and return its resource; fails unless it is complete."""
        with timed(f"the run {run['id']}"):
            deadline = time.monotonic() + within_s
            while run["status"] not in OVER:
                assert time.monotonic() < deadline, run
                time.sleep(POLL_S)
                run = self.look(run)
        assert run["status"] == "complete", run
        return run
