"""`porta web` as a process: how it starts, and that it stops with pages open."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from tests import http_client
from tests.deadlines import under_load
from tests.installation import Installation, at_work
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOPPED_WITHIN_S = 6  # gunicorn alone waits for open responses, half a minute
PAGES = 20


@pytest.fixture
def web(redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    environ = {"REDIS_URL": redis_url, "DASK_SCHEDULER": f"127.0.0.1:{free_port()}"}
    with at_work(environ, tmp_path) as installation:
        installation.start_web()
        yield installation


@contextlib.contextmanager
def pages_open(web: Installation) -> Iterator[None]:
    """Have event streams open, each of which has sent something."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(web.client())
        links = client.post("/api/v1/propagations", json={"steps": 1_000_000}).json()["links"]
        for _ in range(PAGES):
            events = stack.enter_context(client.stream("GET", links["events"]))
            assert next(events.iter_lines())
        yield


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_seconds_with_pages_open(web: Installation, number: signal.Signals) -> None:
    with pages_open(web):
        begun = time.monotonic()
        process = web.processes["web"]
        process.send_signal(number)
        process.wait(timeout=60)
        assert time.monotonic() - begun < under_load(STOPPED_WITHIN_S)


def test_it_answers_while_pages_are_open(web: Installation) -> None:
    with pages_open(web), web.client() as client:
        assert client.get("/healthz").status_code == httpx.codes.OK
        assert client.get("/propagate/500").status_code == httpx.codes.OK


def test_it_writes_its_log_as_json_where_that_is_set(redis_url: str, tmp_path: Path) -> None:
    environ = {"REDIS_URL": redis_url, "PORTA_LOG_FORMAT": "json"}
    with at_work(environ, tmp_path) as installation:
        installation.start_web()
    lines = (tmp_path / "web.log").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(line.startswith("{") and '"event"' in line for line in lines)


def folders(place: Path) -> list[Path]:
    return list(place.glob("porta-metrics-*"))


def test_any_process_of_a_web_tells_what_all_have_counted(redis_url: str, tmp_path: Path) -> None:
    environ = {"REDIS_URL": redis_url, "PORTA_PROCESSES": "3", "TMPDIR": str(tmp_path)}
    with at_work(environ, tmp_path) as installation:
        installation.start_web()
        for _ in range(30):  # each over a connection of its own: the processes take turns
            assert installation.answers("/readyz") is False
        for _ in range(5):
            text = http_client.get(f"{installation.url}/metrics").text
            assert 'route="/readyz",status="503"} 30.0' in text
        assert len(folders(tmp_path)) == 1
    assert folders(tmp_path) == []


def test_a_process_of_a_web_that_dies_takes_its_open_streams_along(
    redis_url: str, tmp_path: Path
) -> None:
    environ = {"REDIS_URL": redis_url, "DASK_SCHEDULER": f"127.0.0.1:{free_port()}"}
    with at_work(environ, tmp_path) as installation:
        installation.start_web()
        with pages_open(installation):
            assert open_streams(installation) == PAGES
            (worker,) = psutil.Process(installation.processes["web"].pid).children()
            worker.kill()
            eventually(lambda: installation.answers("/healthz"), within_s=30)
            assert open_streams(installation) == 0


def open_streams(installation: Installation) -> float:
    text = http_client.get(f"{installation.url}/metrics").text
    (line,) = (line for line in text.splitlines() if line.startswith("porta_event_streams "))
    return float(line.split()[1])
