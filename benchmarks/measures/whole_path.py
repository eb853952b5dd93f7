"""The whole path, with real processes: web, Redis, and for larger ones runner and Gateway."""

from __future__ import annotations

import contextlib
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, Sample, at_most, measure, seconds
from tests.installation import ask, at_work, installed
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@measure("inline answer over HTTP, N = 10,000", unit="ms", target=at_most(50))
@contextlib.contextmanager
def inline_answer() -> Iterator[Sample]:
    """Time from a POST of a request never seen before to its complete resource."""
    with (
        embedded_server() as server,
        _folder() as folder,
        at_work({"REDIS_URL": server.url}, folder) as installation,
    ):
        installation.start_web()
        seeds = count(1)
        with installation.client() as client:

            def post() -> None:
                body = {"steps": 10_000, "seed": next(seeds)}
                answer = client.post("/api/v1/propagations", json=body).raise_for_status()
                if answer.json()["status"] != "complete":
                    raise ValueError("It was not answered at once.")

            yield lambda: Figure(1_000 * seconds(post))


@measure("cluster run from its workers' arrival, N = 1,000,000", unit="s", target=at_most(3))
@contextlib.contextmanager
def cluster_run() -> Iterator[Sample]:
    """Time from the first worker's arrival to the manifest; with it, that of the whole run."""
    with (
        embedded_server() as server,
        _folder() as folder,
        installed(server.url, folder) as installation,
    ):
        seeds = count(1)
        with installation.client() as client:

            def sample() -> Figure:
                timings = ask(client, steps=1_000_000, seed=next(seeds))["timings"]
                parts = ("queued_s", "starting_s", "running_s", "total_s")
                return Figure(timings["running_s"], {part: timings[part] for part in parts})

            yield sample


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder:
        yield Path(folder)
