"""`porta serve` killed in the middle of a run: nothing is left of it, and the run goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests import http_client
from tests.asked import LONG
from tests.deadlines import EVENTUALLY_S, within
from tests.processes import eventually, none_left, of_folder
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

GONE_S: Final = 5.0
COMPLETE_S: Final = 120.0


@contextlib.contextmanager
def serving(data: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Run `porta serve` on a folder, in a session of its own."""
    port = free_port()
    command = ("serve", "--port", str(port), "--data", str(data))
    process = subprocess.Popen(  # noqa: S603 - our own command
        (sys.executable, "-m", "frontend.cli", *command),
        stdout=subprocess.PIPE,
        text=True,
        env={key: os.environ[key] for key in os.environ if not key.startswith("DASK_")},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert "Porta is at" in process.stdout.readline()
    with http_client.new_client(base_url=f"http://127.0.0.1:{port}") as client:
        try:
            yield process, client
        finally:
            process.terminate()
            process.communicate(timeout=EVENTUALLY_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_goes_on_after_the_end_of_porta_serve_of_which_nothing_is_left(
    number: signal.Signals, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with none_left(data):
        with serving(data) as (process, client):
            path = client.post("/api/v1/propagations", json={"steps": LONG}).headers["Location"]
            eventually(lambda: client.get(path).json()["progress"]["done"] > 0)
            process.send_signal(number)
            process.wait(timeout=EVENTUALLY_S)
            eventually(lambda: not of_folder(data), within_s=within(GONE_S))
        with serving(data) as (_, client):
            complete = eventually(lambda: completed(client, path), within_s=COMPLETE_S)
            assert complete["timings"]["reused_steps"] > 0, "nothing was kept"  # type: ignore[index]


def completed(client: httpx.Client, path: str) -> dict[str, object] | None:
    """The resource once it is over."""
    resource: dict[str, object] = json.loads(client.get(path).content)
    return resource if resource["status"] == "complete" else None
