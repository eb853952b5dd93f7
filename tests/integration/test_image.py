"""The image of web, runner, schedulers and workers: who it is, what is in it, what it does."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from sim.engine import Propagation
from sim.presets import preset
from sim.scenario import Trajectory
from tests import images
from tests.deadlines import ANSWER_S, EVENTUALLY_S
from tests.images import said, started
from tests.processes import eventually
from tests.redis_servers import free_port

pytestmark = pytest.mark.timeout(1_800)  # the first test waits for the build

KERNELS: Final = images.ROOT / "image" / "porta_kernels.py"  # a file that the image holds
SAYS_WHAT_NUMBA_LOADS: Final = {"NUMBA_DEBUG_CACHE": "1"}
THREE_BODIES: Final = {
    "agents": [
        {"name": name, "mu": mu, "time": 0, "timeStep": 0.01, "x": x, "y": 0, "vx": 0, "vy": vy}
        for name, mu, x, vy in (("Sun", 1, 0, 0), ("Moon", 0.01, 2, 0.7), ("Probe", 0, 1, 1))
    ],
    "dt_min": 0.01,
    "dt_span": 0.09,
    "epsilon": 0.001,
}
IN_SPACE: Final = {name: preset(name).scenario.to_json() for name in ("eccentric", "pythagorean")}
"""Two bodies, and three by another integrator."""
CLIENT: Final = """
import json, sys
import distributed
from sim.engine import Propagation, warm
from sim.scenario import Trajectory

def summary(steps):
    return Propagation.open(Trajectory(), steps=steps).summary()

if __name__ == "__main__":
    with distributed.Client(sys.argv[1], timeout=120) as client:
        client.wait_for_workers(2, timeout=120)
        warmed = client.run(warm)
        summary = client.submit(summary, 100_000).result()
        print(json.dumps({"workers": len(warmed), "summary": summary}))
"""


@pytest.fixture(scope="module")
def image() -> str:
    return images.built("frontend")


def compiles_nothing(log: str) -> bool:
    """Tell whether numba loaded what it needed, and had nothing to keep that it compiled."""
    assert "[cache] data loaded from" in log
    return "saved to" not in log


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_it_is_nobody_in_particular_with_a_number(image: str) -> None:
    assert said(image, "sh", "-c", "id -u; id -g; id -un").split() == ["10001", "10001", "visitor"]


def test_it_starts_with_tini_and_says_its_version_and_what_it_is(image: str) -> None:
    config = images.inspected("image", image)["Config"]

    assert config["Entrypoint"] == ["tini", "-g", "--"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.title"] == "Porta"
    assert config["Labels"]["org.opencontainers.image.version"] == images.VERSION
    assert len(config["Labels"]["org.opencontainers.image.revision"]) == 40
    assert "version" in said(image, "porta", "--version")


@pytest.mark.parametrize("tool", ["cc", "gcc", "g++", "clang", "ld", "as", "make", "uv"])
def test_it_holds_no_compiler(image: str, tool: str) -> None:
    assert said(image, "sh", "-c", f"command -v {tool} || echo absent") == "absent"


def test_its_environment_has_no_installer(image: str) -> None:
    assert "No module named pip" in said(image, "sh", "-c", "python -m pip 2>&1 || true")


def test_it_holds_nothing_of_how_it_was_built(image: str) -> None:
    folders = "/run/secrets /build /opt/installer /var/cache/pip ~root/.cache /etc/pip.conf"
    left = said(image, "sh", "-c", f"ls -A {folders} 2>/dev/null; true")
    config = images.inspected("image", image)["Config"]
    history = images.run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image)

    assert left == ""
    assert not [one for one in config["Env"] if one.startswith(("PIP_", "UV_", "SSL_"))]
    assert "://" not in history.replace("http://127.0.0.1:8080/healthz", "")


def test_no_build_secret_is_in_any_of_its_layers(image: str) -> None:
    known = next(
        line for line in KERNELS.read_text(encoding="utf-8").splitlines() if line.startswith('"""')
    )
    found: set[str] = set()
    with subprocess.Popen(("docker", "save", image), stdout=subprocess.PIPE) as save:  # noqa: S603, S607 -- the engine's own command
        assert save.stdout is not None
        before = b""
        while block := save.stdout.read(1 << 24):
            seen = before + block
            found |= {one for one in (known, *images.MARKS.values()) if one.encode() in seen}
            before = block[-100:]

    assert found == {known}


def test_it_cannot_write_but_to_its_temporary_folder(image: str) -> None:
    tried = "touch /x /opt/porta/x /home/x 2>/dev/null; touch /tmp/x && echo written"

    assert said(image, "sh", "-c", tried) == "written"


@pytest.mark.parametrize(
    ("scenario", "suffix"),
    [
        *((None, suffix) for suffix in ("js", "csv")),
        *((THREE_BODIES, suffix) for suffix in ("js", "parquet")),
        *((IN_SPACE[name], "csv") for name in IN_SPACE),
    ],
    ids=["two-js", "two-csv", "three-js", "three-parquet", *IN_SPACE],
)
def test_it_compiles_nothing_and_gives_the_bits_that_this_machine_gives(
    image: str, tmp_path: Path, scenario: dict[str, object] | None, suffix: str
) -> None:
    # The kernels in it are for another processor than those that are compiled on this machine.
    asked = ["propagate", "70000", "--workers", "inline"]
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(scenario))
    bring = f"echo '{file.read_text()}' >/tmp/scenario.json"
    here, there = tmp_path / f"out.{suffix}", f"/tmp/out.{suffix}"  # noqa: S108 -- in the container

    log = said(
        image,
        *("sh", "-c", f'{bring}; porta "$@" && sha256sum {there}', "sh", *asked),
        *(("--scenario", "/tmp/scenario.json") if scenario else ()),  # noqa: S108 -- the same
        *("--output", there),
        environ=SAYS_WHAT_NUMBA_LOADS,
    )
    command = [sys.executable, "-m", "frontend.cli", *asked, "--output", str(here)]
    images.run(*command, *(("--scenario", str(file)) if scenario else ()))

    assert compiles_nothing(log)
    assert log.splitlines()[-1].split()[0] == digest(here)


x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="ARM has kernels of one kind")


@x86_64
@pytest.mark.parametrize("level", images.LEVELS)
def test_the_kernels_of_each_processor_are_in_it_and_give_the_same_bits(
    image: str, level: str
) -> None:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    if level == "x86-64-v3" and "avx2" not in flags:
        pytest.skip("this machine can't run kernels for x86-64-v3")
    table = "/tmp/members.csv"  # noqa: S108 -- in the container
    asked = ["propagate", "2000", "--members", "200", "--workers", "inline"]
    chosen = {"NUMBA_CPU_NAME": level, "NUMBA_CPU_FEATURES": ""}

    log = said(
        image,
        *("sh", "-c", f'porta "$@" --output {table} && sha256sum {table}', "sh", *asked),
        environ=SAYS_WHAT_NUMBA_LOADS | chosen,
    )

    assert compiles_nothing(log)
    assert log.splitlines()[-1].split()[0] == digest_of_members(tuple(asked))


@functools.cache
def digest_of_members(asked: tuple[str, ...]) -> str:
    """The checksum of what this machine makes, with kernels for its own processor."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "members.csv"
        images.run(sys.executable, "-m", "frontend.cli", *asked, "--output", str(file))
        return digest(file)


@x86_64
def test_it_takes_the_best_kernels_that_the_machine_has(image: str) -> None:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    best = images.LEVELS[-1] if {"avx2", "fma", "bmi2", "movbe"} <= flags else images.LEVELS[0]

    asks = "import os; print(os.environ['NUMBA_CPU_NAME'])"
    assert said(image, "python", "-c", asks) == best
    assert said(image, "python", "-c", asks, environ={"NUMBA_CPU_NAME": "mine"}) == "mine"


def test_its_own_command_becomes_healthy_with_nothing_but_settings(image: str) -> None:
    settings = {"REDIS_URL": "redis://127.0.0.1:1", "PORTA_AUTH": "none"}
    with started(image, network="none", environ=settings) as web:
        assert images.becomes_healthy(web, within_s=EVENTUALLY_S)


def test_it_serves_the_page_and_answers_at_once(image: str, redis_url: str) -> None:
    port = free_port()
    web = ("porta", "web", "--host", "127.0.0.1", "--port", str(port))
    settings = {"REDIS_URL": redis_url, "PORTA_AUTH": "none", **SAYS_WHAT_NUMBA_LOADS}

    def look(path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}{path}", timeout=ANSWER_S
            ) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    with started(image, *web, environ=settings) as container:
        eventually(lambda: look("/healthz"), within_s=EVENTUALLY_S)

        assert b"<form" in (look("/") or b"")
        assert (look("/propagate/500/data.js") or b"").startswith(b"data = [[-Infinity")
        assert look("/api/v1/propagations/500/records?format=csv&max_points=50")
        assert look("/api/v1/propagations/500/overview?pixels=400")
        assert compiles_nothing(images.run("docker", "logs", container))


def test_its_scheduler_and_workers_are_a_cluster_that_propagates(image: str) -> None:
    port, dashboard = free_port(), free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = (
        *("dask", "scheduler", "--host", "127.0.0.1", "--port", str(port)),
        *("--dashboard-address", f"127.0.0.1:{dashboard}"),
    )
    worker = (
        *("dask", "worker", address, "--no-nanny", "--nthreads", "1"),
        *("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"),
    )
    with contextlib.ExitStack() as cluster:
        cluster.enter_context(started(image, *scheduler))
        workers = [
            cluster.enter_context(started(image, *worker, environ=SAYS_WHAT_NUMBA_LOADS))
            for _ in range(2)
        ]
        # From the image too, as the runner does it: both ends are to have the same Python.
        seen = json.loads(said(image, "python", "-W", "ignore", "-c", CLIENT, address))
        logs = [images.run("docker", "logs", one) for one in workers]

    assert seen["workers"] == 2
    assert seen["summary"] == Propagation.open(Trajectory(), steps=100_000).summary()
    assert all(compiles_nothing(log) for log in logs)
