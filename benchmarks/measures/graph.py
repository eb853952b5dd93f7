"""What a cluster does with a large export: how it grows with its workers, and what it takes."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from distributed import Client

from benchmarks.measure import Figure, Sample, at_least, at_most, measure
from benchmarks.memory import peak_bytes
from sim.driver import export_on
from sim.export.folder import ExportFolder
from sim.scenario import PropagationRequest
from tests.dask_servers import Dask, dask

if TYPE_CHECKING:
    from collections.abc import Iterator

ITERATIONS: Final = 20_000_000  # some 32 million records, 1.5 GB of Parquet
MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Export:
    """What an export to Parquet parts took."""

    taken_s: float
    worker_bytes: int  # the most that a worker held
    scheduler_share: float  # of the time in which the scheduler was busy


async def exported(servers: Dask) -> Export:
    """Export to Parquet parts on workers that are there and warm."""
    scheduler = psutil.Process(servers.scheduler.pid)
    async with Client(servers.address, asynchronous=True) as client:
        await client.wait_for_workers(len(servers.workers))
        with tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder:
            begun, busy = time.perf_counter(), busy_seconds(scheduler)
            with ExportFolder.locked(Path(folder), PropagationRequest(ITERATIONS)) as parts:
                await export_on(client, parts)
            taken_s = time.perf_counter() - begun
        peaks = await client.run(peak_bytes)
    return Export(taken_s, max(peaks.values()), (busy_seconds(scheduler) - busy) / taken_s)


def busy_seconds(process: psutil.Process) -> float:
    """Return how long a process has kept a core busy since it started."""
    times = process.cpu_times()
    return times.user + times.system


@measure("two workers : one, Parquet parts of 2e7", unit="times", target=at_least(1.7))
@contextlib.contextmanager
def two_workers() -> Iterator[Sample]:
    """Time of an export on one warm worker over that on two."""
    with dask(1) as one, dask(2) as two:

        def sample() -> Figure:
            one_s = asyncio.run(exported(one)).taken_s
            two_s = asyncio.run(exported(two)).taken_s
            return Figure(one_s / two_s, {"one_s": one_s, "two_s": two_s})

        yield sample


@measure("memory of a worker, Parquet parts of 2e7", unit="MB", target=at_most(512))
@contextlib.contextmanager
def worker_memory() -> Iterator[Sample]:
    """Take the most memory that one of two workers has held, over all exports so far."""
    with dask(2) as servers:
        yield lambda: Figure(asyncio.run(exported(servers)).worker_bytes / MB)


@measure("scheduler busy, Parquet parts of 2e7", unit="share", target=at_most(0.1))
@contextlib.contextmanager
def scheduler_share() -> Iterator[Sample]:
    """Time for which the scheduler kept a core busy, over that of an export on two workers."""
    with dask(2) as servers:
        yield lambda: Figure(asyncio.run(exported(servers)).scheduler_share)
