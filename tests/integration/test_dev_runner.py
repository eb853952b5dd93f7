"""The runner that `flask --app frontend run`, or `--app porta`, brings along, as processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.deadlines import EVENTUALLY_S, under_load
from tests.installation import at_work
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis


@contextlib.contextmanager
def flask_run(
    redis_url: str, folder: Path, *words: str, app: str = "frontend", **environ: str
) -> Iterator[int]:
    """Run the development server; gives its process id."""
    settings = {"REDIS_URL": redis_url, "DASK_SCHEDULER": f"127.0.0.1:{free_port()}", **environ}
    with at_work(settings, folder) as installation:
        command = [sys.executable, "-m", "flask", "--app", app, "run"]
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", str(installation.port), *words], env=dict(installation.environ)
        )
        try:
            eventually(lambda: installation.answers("/healthz"))
            yield process.pid
        finally:
            process.kill()
            process.wait()


def runners(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children(recursive=True)
    return [one for one in children if "--until-stdin-ends" in one.cmdline()]


@pytest.mark.parametrize("words", [(), ("--debug",)], ids=["plain", "with the reloader"])
def test_flask_run_brings_one_runner_along_which_ends_with_it(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with flask_run(redis_url, tmp_path, *words) as pid:
        eventually(lambda: redis_client.hlen("run/runners") == 1)
        (runner,) = runners(pid)
        psutil.Process(pid).kill()
        gone, _ = psutil.wait_procs([runner], timeout=under_load(15))
        assert gone


@pytest.mark.parametrize("app", ["frontend", "porta"])
def test_an_external_runner_is_relied_on_where_the_settings_say_so(
    redis_url: str, tmp_path: Path, app: str
) -> None:
    with flask_run(redis_url, tmp_path, app=app, PORTA_RUNNER="external") as pid:
        assert not runners(pid)


def test_what_is_wrong_with_the_settings_is_told_in_a_sentence(tmp_path: Path) -> None:
    with at_work({"PORTA_MAX_RUN": "3"}, tmp_path) as installation:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "frontend", "run"],
            env=dict(installation.environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=EVENTUALLY_S,
        )
    assert done.returncode == 2
    assert "did you mean PORTA_MAX_RUNS?" in done.stderr
    assert "Traceback" not in done.stderr
