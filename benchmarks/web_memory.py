"""The command that measures what a web holds in memory at its defaults, for docs/operations.md.

    python -m benchmarks.web_memory [--readers N]

starts a web on a Redis of its own and asks it, one after the other, for what takes most memory. It
prints the most that its processes have held together (PSS: a page that both share counts once), and
what they hold some seconds later.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
import psutil

from benchmarks.load.servers import web
from frontend.domain.run import ChainEntry
from frontend.runs.run_queue import RunQueue
from sim.cost_model import opened_bytes
from sim.engine import checksum, initial_checkpoint, pass_over
from sim.scenario import PropagationRequest, Trajectory
from tests.crowded import crowded

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from tests.installation import Installation

API: Final = "/api/v1/propagations"
STEPS: Final = 1_000_000
AGENTS: Final = 1_000
CROWD_STEPS: Final = 20_000
LEASE_MS: Final = 600_000
SAMPLE_S: Final = 0.05
SETTLED_S: Final = 5.0
TIMEOUT_S: Final = 600.0


def main(arguments: list[str]) -> int:
    """Measure, and print a table."""
    parser = ArgumentParser("python -m benchmarks.web_memory", description=__doc__)
    parser.add_argument("--readers", type=int, default=100)
    readers = parser.parse_args(arguments).readers
    with web(PORTA_INLINE_WORK=str(STEPS)) as porta:
        crowd = PropagationRequest(CROWD_STEPS, Trajectory(crowded(AGENTS)))
        with contextlib.closing(porta.redis) as client:
            store(client, crowd)
        whole = opened_bytes(crowd.trajectory.scenario, CROWD_STEPS) / 2**20
        print(f"1,000 agents, {CROWD_STEPS:,} steps: {whole:,.0f} MiB of bins and samples")
        steps: dict[str, Callable[[], object]] = {
            "nothing": lambda: None,
            "1,000 pages that follow a run": lambda: follow(porta, 1_000),
            "one overview": lambda: ask(porta, f"{STEPS}/overview"),
            "32 Parquet exports at once": lambda: exports(porta, 32),
            f"{readers} slow readers of CSV": lambda: slow(porta, "csv", [str(STEPS)] * readers),
            f"{readers} slow readers of Parquet": lambda: slow(
                porta, "parquet", [str(STEPS)] * readers
            ),
            "8 overviews of 1,000 agents": lambda: overviews(porta, crowd),
            f"{readers} slow readers of 1,000 agents": lambda: slow(
                porta, "csv", many(crowd, readers)
            ),
            f"{readers} slow readers, 1,000 agents, at once": lambda: slow(
                porta, "csv", at_once(porta, crowd, readers)
            ),
        }
        for name, step in steps.items():
            peak = most(porta, step)
            time.sleep(SETTLED_S)
            print(f"{name:45} most {peak / 2**20:6.0f} MiB, then {held(porta) / 2**20:6.0f} MiB")
    return 0


def store(client: redis.Redis, request: PropagationRequest) -> None:
    """Store the trajectory of a request as a runner does."""
    runs, trajectory = RunQueue(client, lease_ms=LEASE_MS), request.trajectory
    runs.enqueue(request)
    lease = runs.acquire(trajectory.digest, "token", "runner").lease
    assert lease is not None  # noqa: S101
    start, previous = initial_checkpoint(trajectory.scenario), ""
    for position in range(request.steps // trajectory.interval):
        stretch = pass_over(trajectory, start, 1)
        data = stretch.to_bytes()
        entry = ChainEntry(stretch.first, 1, checksum(data), sum(stretch.records))
        runs.put(lease, position=position, previous=previous, entry=entry, data=data)
        start, previous = stretch.tail, entry.checksum
    runs.release(lease, "requeue")


def many(crowd: PropagationRequest, count: int) -> list[str]:
    """Return ids of so many propagations of the stored trajectory: each is opened for itself."""
    interval, digest = crowd.trajectory.interval, crowd.trajectory.digest
    complete = crowd.steps // interval
    return [f"{interval * (1 + n % complete)}-{digest}" for n in range(count)]


def at_once(porta: Installation, crowd: PropagationRequest, count: int) -> list[str]:
    """Return ids of short propagations of another trajectory, which take 40 MiB each."""
    other = Trajectory(crowd.trajectory.scenario, seed=1)
    body = {"steps": 300, "seed": 1, "scenario": other.scenario.to_json()}
    with porta.client() as client:
        client.post(API, json=body, timeout=TIMEOUT_S).raise_for_status()
    return [f"{300 + n}-{other.digest}" for n in range(count)]


def ask(porta: Installation, what: str) -> int:
    """Ask, read all of the answer, and return its status."""
    with httpx.Client(base_url=porta.url, trust_env=False, timeout=TIMEOUT_S) as client:
        return client.get(f"{API}/{what}").status_code


def follow(porta: Installation, count: int) -> None:
    """Open so many event streams of a run that is queued: each holds a thread."""
    with porta.client() as client:
        one = client.post(API, json={"steps": 10 * STEPS, "seed": 7}).json()["id"]
    head = f"GET {API}/{one}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    streams = [socket.create_connection(("127.0.0.1", porta.port)) for _ in range(count)]
    for stream in streams:
        stream.settimeout(TIMEOUT_S)
        stream.sendall(head)
    statuses = [stream.recv(12, socket.MSG_WAITALL).split()[1].decode() for stream in streams]
    time.sleep(SETTLED_S)
    print(f"    statuses { ({each: statuses.count(each) for each in sorted(set(statuses))}) }")
    for stream in streams:
        stream.close()


def exports(porta: Installation, count: int) -> None:
    """Download so many files at once."""
    with ThreadPoolExecutor(count) as pool:
        query = f"{STEPS}/records?format=parquet"
        statuses = list(pool.map(partial(ask, porta), [query] * count))
    print(f"    {statuses.count(200)} files, {statuses.count(503)} refused")


def overviews(porta: Installation, crowd: PropagationRequest) -> None:
    """Ask for figures of several propagations at once."""
    with ThreadPoolExecutor(8) as pool:
        paths = [f"{one}/overview" for one in many(crowd, 40)[-8:]]
        statuses = list(pool.map(partial(ask, porta), paths))
    print(f"    statuses {sorted(set(statuses))}")


def slow(porta: Installation, form: str, ids: list[str]) -> None:
    """Ask for a file of each, and read nothing until all have begun or are refused."""
    readers = [socket.create_connection(("127.0.0.1", porta.port)) for _ in ids]
    for one, reader in zip(ids, readers, strict=True):
        reader.settimeout(TIMEOUT_S)
        head = f"GET {API}/{one}/records?format={form} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        reader.sendall(head.encode())
    statuses = [reader.recv(12, socket.MSG_WAITALL).split()[1].decode() for reader in readers]
    print(f"    statuses { ({each: statuses.count(each) for each in sorted(set(statuses))}) }")
    for reader in readers:
        reader.close()


def most(porta: Installation, step: Callable[[], object]) -> int:
    """Return the most bytes that were held while a step was taken."""
    peak, over = held(porta), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(SAMPLE_S):
            peak = max(peak, held(porta))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        step()
    finally:
        over.set()
        watching.join()
    return peak


def held(porta: Installation) -> int:
    """Return the resident bytes of the web's processes."""
    first = psutil.Process(porta.processes["web"].pid)
    return sum(one.memory_full_info().pss for one in (first, *first.children(recursive=True)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
