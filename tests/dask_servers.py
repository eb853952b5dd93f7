"""A real Dask scheduler and workers, as processes of their own that a test may kill or freeze."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from sim.cluster import PRELOAD, LocalBackend, SchedulerBackend
from tests.deadlines import EVENTUALLY_S, LOCAL_CLUSTER_S
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from distributed import Client

    from sim.cluster import Cluster


@dataclass
class Dask:
    """A scheduler's address, its process, and those of its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> None:
        """Start one more worker, which needs a moment to join."""
        self.workers.append(
            _start(
                "dask_worker",
                *(self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard"),
                *("--preload", PRELOAD),
            )
        )


@contextlib.contextmanager
def dask(workers: int) -> Iterator[Dask]:
    """Run a scheduler and this many workers of one thread, and kill them afterwards."""
    port = free_port()
    scheduler = _start(
        "dask_scheduler",
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--no-dashboard", "--dashboard-address", ":0"),
    )
    servers = Dask(f"tcp://127.0.0.1:{port}", scheduler)
    try:
        eventually(lambda: _listens(scheduler.pid, port))
        for _ in range(workers):
            servers.add_worker()
        yield servers
    finally:
        for process in (*servers.workers, scheduler):
            process.kill()
            process.wait()


async def all_there(cluster: Cluster, workers: int, within_s: float = EVENTUALLY_S) -> bool:
    """Wait until a cluster has this many workers; return whether it has them in time."""
    deadline = time.monotonic() + within_s
    while await cluster.arrived() < workers:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def leftovers(client: Client) -> int:
    """Count the tasks that the scheduler still knows, after it had time to forget."""
    for _ in range(100):
        left: int = await client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        if not left:
            break
        await asyncio.sleep(0.05)
    return left


def on_cluster(workers: int, body: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """Run a body with a client of a new local cluster."""

    async def main() -> None:
        async with LocalBackend(start_s=LOCAL_CLUSTER_S).open(tag="", workers=workers) as cluster:
            await body(cluster.client)

    asyncio.run(main())


def on_servers(servers: Dask, body: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """Run a body with a client of these servers, once all workers are there."""

    async def main() -> None:
        async with SchedulerBackend(servers.address).open(tag="", workers=1) as cluster:
            assert await all_there(cluster, len(servers.workers))
            await body(cluster.client)

    asyncio.run(main())


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        (sys.executable, "-m", f"distributed.cli.{module}", *arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _listens(pid: int, port: int) -> bool:
    return any(
        one.status == psutil.CONN_LISTEN and one.laddr.port == port
        for one in psutil.Process(pid).net_connections()
    )
