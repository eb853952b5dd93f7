"""Windows of a finished run of 1e8 iterations, over HTTP: a real Redis, a real web process."""

from __future__ import annotations

import contextlib
import random
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure, Sample, at_most, measure, seconds
from frontend.domain.run import ChainEntry
from frontend.runs.run_queue import RunQueue
from frontend.storage.connection import connect
from sim import Propagation, PropagationRequest, Trajectory
from sim.engine import checksum
from tests.installation import at_work
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import redis

    from tests.installation import Installation

STEPS: Final = 100_000_000
WINDOWS: Final = 40
DECADES: Final = (-7.0, 0.0)  # of the whole: from a few iterations on
PIXELS: Final = 1_600
OVERVIEW: Final = f"/api/v1/propagations/{STEPS}/overview"


def store(client: redis.Redis) -> float:
    """Store the trajectory as a runner does; return when it ends."""
    whole = Propagation.open(Trajectory(), STEPS)
    runs = RunQueue(client)
    runs.enqueue(PropagationRequest(STEPS))
    lease = runs.acquire(Trajectory().digest, "token", "benchmark").lease
    if lease is None:
        raise RuntimeError("The run was not to be had.")
    previous = ""
    for position, stretch in enumerate(whole.stretches):
        data = stretch.to_bytes()
        entry = ChainEntry(stretch.first, stretch.count, checksum(data), sum(stretch.records))
        runs.put(lease, position=position, previous=previous, entry=entry, data=data)
        previous = entry.checksum
    runs.release(lease, "requeue")
    return max(state.time for state in whole.end.values())


@contextlib.contextmanager
def finished_run() -> Iterator[tuple[Installation, float]]:
    """Have an installation whose Redis holds the run, and when the trajectory ends."""
    with (
        embedded_server() as server,
        tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder,
        at_work({"REDIS_URL": server.url}, Path(folder)) as installation,
    ):
        with connect(server.url) as client:
            end = store(client)
        installation.start_web()
        with installation.client() as web:
            web.post("/api/v1/propagations", json={"steps": STEPS}).raise_for_status()
        yield installation, end


def look(web: httpx.Client, window: tuple[float, float] | None, frame: str) -> float:
    """Return how many milliseconds the answer to a window takes, compressed as for a browser."""
    query = {"pixels": str(PIXELS), "frame": frame, "agents": "12"}
    if window is not None:
        query |= {"t0": str(window[0]), "t1": str(window[1])}
    return 1e3 * seconds(lambda: web.get(OVERVIEW, params=query).raise_for_status())


def random_window(chance: random.Random, end: float) -> tuple[float, float]:
    """Return a window anywhere, of any width."""
    width = end * 10.0 ** chance.uniform(*DECADES)
    begin = chance.uniform(0.0, end - width)
    return begin, begin + width


@measure("slowest of 40 random windows of 1e8", unit="ms", target=at_most(100))
@contextlib.contextmanager
def any_window() -> Iterator[Sample]:
    """Time of the slowest answer by a warm web process; windows at any place and zoom."""
    chance = random.Random(3)  # noqa: S311 - no secret
    with finished_run() as (installation, end), installation.client() as web:

        def sample() -> Figure:
            frames = ("inertial", "primary") * (WINDOWS // 2)
            times = [look(web, random_window(chance, end), frame) for frame in frames]
            return Figure(max(times), {"median_ms": statistics.median(times)})

        yield sample


@measure("hardest window of 1e8, 25 intervals", unit="ms", target=at_most(100))
@contextlib.contextmanager
def hardest_window() -> Iterator[Sample]:
    """Time of an answer for which as many intervals as ever are passed over once more."""
    chance = random.Random(4)  # noqa: S311 - no secret
    with finished_run() as (installation, end), installation.client() as web:
        width = 25 * 65_536 / STEPS * end

        def sample() -> Figure:
            begin = chance.uniform(0.0, end - width)
            return Figure(look(web, (begin, begin + width), "primary"))

        yield sample


@measure("first look at 1e8 by a new web process", unit="ms", target=at_most(1_000))
@contextlib.contextmanager
def first_look() -> Iterator[Sample]:
    """Time of the whole's overview, and of a window after it, when nothing is open yet."""
    with finished_run() as (installation, end):

        def sample() -> Figure:
            installation.stop("web")
            installation.start_web()
            with installation.client() as web:
                first = look(web, None, "inertial")
                return Figure(first, {"next_ms": look(web, (0.1 * end, 0.1001 * end), "inertial")})

        yield sample
