"""Claims about `porta probe runner`: the exit code is what a probe of Kubernetes goes by."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import orjson
from click.testing import CliRunner

from frontend.cli.main import porta
from frontend.runs.runner_registry import RunnerRegistry
from frontend.storage import keys
from frontend.storage.connection import now_ms

if TYPE_CHECKING:
    import redis
    from click.testing import Result

NOWHERE: Final = "redis://127.0.0.1:1"
OF_THIS_HOST: Final = f"{socket.gethostname()}-1-abc"
HEAVY: Final = ("numba", "numpy", "pyarrow", "dask", "distributed", "dask_gateway", "flask")


def probe(redis_url: str, *words: str) -> Result:
    return CliRunner(env={"REDIS_URL": redis_url}).invoke(porta, ["probe", "runner", *words])


def test_a_runner_of_this_host_is_alive_from_its_first_heartbeat(
    redis_url: str, redis_client: redis.Redis
) -> None:
    assert probe(redis_url).exit_code == 1
    RunnerRegistry(redis_client).heartbeat(OF_THIS_HOST, {"gateway": "ok"})
    assert probe(redis_url).exit_code == 0


def test_a_runner_of_another_host_does_not_count(redis_url: str, redis_client: redis.Redis) -> None:
    runners = RunnerRegistry(redis_client)
    runners.heartbeat("another-1-abc", {"gateway": "ok"})
    runners.heartbeat(f"{socket.gethostname()}2-1-abc", {"gateway": "ok"})
    result = probe(redis_url, "--without-redis", "pass")
    assert result.exit_code == 1
    assert socket.gethostname() in result.stderr


def test_a_runner_that_has_been_silent_is_not_alive(
    redis_url: str, redis_client: redis.Redis
) -> None:
    silent_ms = 16_000
    heartbeat = orjson.dumps({"at_ms": now_ms(redis_client) - silent_ms})
    redis_client.hset(keys.RUNNERS, OF_THIS_HOST, heartbeat)
    assert probe(redis_url).exit_code == 1


def test_without_redis_the_caller_says_what_the_answer_is() -> None:
    failed = probe(NOWHERE)
    assert failed.exit_code == 1
    assert "storage" in failed.stderr
    assert probe(NOWHERE, "--without-redis", "fail").exit_code == 1
    assert probe(NOWHERE, "--without-redis", "pass").exit_code == 0


def test_a_probe_imports_nothing_heavy() -> None:
    code = "import sys, frontend.cli.main, frontend.cli.probe; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 - our own code
    assert not set(HEAVY) & set(loaded.stdout.decode().split())
