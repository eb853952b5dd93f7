"""The container image: who it runs as, what is in it, and what its commands do.

It is built once for the session, on a base that the engine has (`PORTA_TEST_IMAGE_BASE`, the
official Python image, or what scripts/debian-base-image makes); elsewhere these are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest

from sim.engine import Propagation
from sim.model import Trajectory
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
BASES: Final = ("python:3.12-slim-bookworm", "porta-base:bookworm")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
TAG: Final = "porta-test:0.0.0"
# What Kubernetes gives it: no root, nothing to write to but /tmp, no capability.
CONFINED: Final = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "host")  # noqa: S108 -- in the container
PRIVILEGE: Final = ("--security-opt", "no-new-privileges")
BUILD_S: Final = 280
START_S: Final = 30.0
CLIENT: Final = """
import json, pathlib, sys
import distributed
from sim.engine import Propagation, warm
from sim.model import Trajectory

def kernels(folder):
    return len(list(pathlib.Path(folder).rglob("*.nbc")))

def compiled():
    warm()
    return kernels("/tmp/porta-kernels") - kernels("/opt/porta/kernels")

def summary(steps):
    return Propagation.open(Trajectory(), steps=steps).summary()

if __name__ == "__main__":
    with distributed.Client(sys.argv[1], timeout=30) as client:
        client.wait_for_workers(2, timeout=30)
        seen = client.run(compiled)
        said = {"workers": len(seen), "summary": client.submit(summary, 100_000).result()}
        print(json.dumps({**said, "compiled": list(seen.values())}))
"""


class Start(Protocol):
    """Starts a command in a container."""

    def __call__(self, *command: str, environ: dict[str, str] | None = None) -> None:
        """Return at once; the container is gone after the test."""


def _run(*command: str, timeout: float = 60) -> str:
    done = subprocess.run(  # noqa: S603 -- the tests' own commands
        command, capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


def _base() -> str | None:
    asked = os.environ.get("PORTA_TEST_IMAGE_BASE")
    for candidate in (asked,) if asked else BASES:
        try:
            _run("docker", "image", "inspect", candidate)
        except (AssertionError, FileNotFoundError):
            continue
        return candidate
    return None


@pytest.fixture(scope="module")
def image() -> str:
    """The image, newly built unless nothing has changed."""
    base = _base()
    if base is None:
        pytest.skip("no base to build on (scripts/debian-base-image makes one)")
    environ = os.environ | {"BASE": base}
    if CERTIFICATES.exists():
        environ["CA"] = str(CERTIFICATES)
    done = subprocess.run(  # noqa: S603 -- our own script
        (str(ROOT / "scripts/build-image"), "frontend", TAG, "--network", "host"),
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
        env=environ,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return TAG


def _said(image: str, *command: str, environ: dict[str, str] | None = None) -> str:
    settings = [f"--env={name}={value}" for name, value in (environ or {}).items()]
    return _run("docker", "run", "--rm", *CONFINED, *PRIVILEGE, *settings, image, *command)


@pytest.fixture
def start(image: str) -> Iterator[Start]:
    """A function that starts a command in a container, gone after the test."""
    names: list[str] = []

    def begin(*command: str, environ: dict[str, str] | None = None) -> None:
        names.append(f"porta-test-{uuid.uuid4().hex[:8]}")
        settings = [f"--env={name}={value}" for name, value in (environ or {}).items()]
        options = ("--detach", "--name", names[-1], *CONFINED, *PRIVILEGE, *settings)
        _run("docker", "run", *options, image, *command)

    yield begin
    for name in names:
        _run("docker", "rm", "--force", "--volumes", name)


def test_it_is_nobody_in_particular_with_a_number(image: str) -> None:
    assert _said(image, "sh", "-c", "id -u; id -g").split() == ["10001", "10001"]


def test_it_starts_with_tini_and_says_its_version_and_what_it_is(image: str) -> None:
    config = json.loads(_run("docker", "image", "inspect", image))[0]["Config"]

    assert config["Entrypoint"] == ["tini", "-g", "--"]
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["Labels"]["org.opencontainers.image.version"] == "0.0.0"
    assert "version" in _said(image, "porta", "--version")


@pytest.mark.parametrize("tool", ["cc", "gcc", "g++", "clang", "ld", "as", "make", "pip", "uv"])
def test_it_holds_no_compiler_and_no_installer(image: str, tool: str) -> None:
    assert _said(image, "sh", "-c", f"command -v {tool} || echo absent") == "absent"


def test_it_holds_nothing_of_how_it_was_built(image: str) -> None:
    left = _said(
        image,
        "sh",
        "-c",
        "ls -A /run/secrets /build /opt/installer /var/cache/pip/* ~root/.cache /etc/pip.conf"
        " 2>/dev/null; true",
    )
    config = json.loads(_run("docker", "image", "inspect", image))[0]["Config"]
    history = _run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image)

    assert left == ""
    assert not [one for one in config["Env"] if one.startswith(("PIP_", "UV_", "SSL_"))]
    assert "://" not in history.replace("http://127.0.0.1:8080/healthz", "")


def test_nothing_is_compiled_in_it(image: str) -> None:
    counted = (
        "find /opt/porta/kernels -name '*.nbc' | wc -l;"
        "porta propagate 200000 --workers inline --output /tmp/out.csv >/dev/null;"
        "porta propagate 2000 --workers inline --output /tmp/out.js >/dev/null;"
        "find /tmp/porta-kernels -name '*.nbc' | wc -l"
    )
    built_in, then = _said(image, "sh", "-c", counted).split()

    assert int(built_in) > 10
    assert then == built_in


def test_it_cannot_write_but_to_its_temporary_folder(image: str) -> None:
    tried = "touch /x /opt/porta/x /home/x 2>/dev/null; touch /tmp/x && echo written"

    assert _said(image, "sh", "-c", tried) == "written"


def test_it_serves_the_page_and_answers_at_once(start: Start, redis_url: str) -> None:
    port = free_port()
    start(
        *("porta", "web", "--host", "127.0.0.1", "--port", str(port)),
        environ={"REDIS_URL": redis_url, "PORTA_AUTH": "none"},
    )

    def look(path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    eventually(lambda: look("/healthz"), within_s=START_S)

    assert b"<form" in (look("/") or b"")
    assert (look("/propagate/500/data.js") or b"").startswith(b"data = [[-Infinity")


def test_its_scheduler_and_workers_are_a_cluster_that_propagates(image: str, start: Start) -> None:
    port, dashboard = free_port(), free_port()
    address = f"tcp://127.0.0.1:{port}"
    start(
        *("dask", "scheduler", "--host", "127.0.0.1", "--port", str(port)),
        *("--dashboard-address", f"127.0.0.1:{dashboard}"),
    )
    for _ in range(2):
        start(
            *("dask", "worker", address, "--no-nanny", "--nthreads", "1"),
            *("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"),
        )
    # From the image too, as the runner does it: both ends are to have the same Python.
    seen = json.loads(_said(image, "python", "-c", CLIENT, address))

    assert seen["workers"] == 2
    assert seen["compiled"] == [0, 0]
    # Compiled for another processor than this machine's, and yet the same bits.
    assert seen["summary"] == Propagation.open(Trajectory(), steps=100_000).summary()
