"""The ways to come to a result, to all its records, or to an ensemble: each prepared, then asked.

Of how much is a number of steps or, for an ensemble, of members.

What is warm stays warm between two askings; a new cluster is new each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks import naive, task_per_step
from benchmarks.measure import seconds
from frontend import embedded
from sim import NANO, Propagation, Trajectory, simulate
from sim.cluster import GatewayBackend, SchedulerBackend
from sim.driver import ensemble_on, export_on, nominal_on
from sim.engine import warm
from sim.ensemble.computed import ComputedEnsemble, compute
from sim.ensemble.warming import warm_ensembles
from sim.export import FORMATS, export
from sim.export.folder import ExportFolder
from sim.records import schema_of
from sim.scenario import PropagationRequest
from tests.dask_servers import dask
from tests.installation import ask, at_work, installed
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sim.cluster import Backend
    from sim.ensemble.block import Block
    from tests.installation import Installation

__all__ = ["CHAPTERS", "Chapter", "Way", "medians"]

Take: TypeAlias = "Callable[[int], float]"
ALL_TO_DASK: Final = {"PORTA_INLINE_WORK": "0"}
WORKERS: Final = 2
DEADLINE_S: Final = 120.0  # of a task
MEMBER_STEPS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Way:
    """A way: `prepare` yields what takes so many steps, or members, and returns the seconds."""

    name: str
    steps: tuple[int, ...]
    prepare: Callable[[], AbstractContextManager[Take]]


@contextlib.contextmanager
def in_this_process() -> Iterator[Take]:
    """Have a warm process compute what a manifest says."""
    warm()
    yield lambda steps: seconds(lambda: Propagation.open(Trajectory(), steps).summary())


@contextlib.contextmanager
def by_a_new_cluster() -> Iterator[Take]:
    """Have web, runner and Gateway do it, from the POST to the manifest."""
    with (
        embedded_server() as server,
        _folder() as folder,
        installed(server.url, folder, **ALL_TO_DASK) as installation,
    ):
        yield _asking(installation)


@contextlib.contextmanager
def by_a_warm_cluster() -> Iterator[Take]:
    """Have web and runner do it on a scheduler that has its workers."""
    with embedded_server() as server, dask(WORKERS) as servers, _folder() as folder:
        environ = {"REDIS_URL": server.url, "DASK_SCHEDULER": servers.address, **ALL_TO_DASK}
        with at_work(environ, folder) as installation:
            installation.start_web()
            installation.start_runner()
            yield _asking(installation)


def _asking(installation: Installation) -> Take:
    seeds = count(1)

    def take(steps: int) -> float:
        with installation.client() as client:
            return seconds(lambda: ask(client, steps=steps, seed=next(seeds)))

    return take


@contextlib.contextmanager
def parquet_in_this_process() -> Iterator[Take]:
    """Write all records to a Parquet file."""
    with _folder() as folder:

        def write(steps: int) -> None:
            with (folder / "records.parquet").open("wb") as file:
                batches = Propagation.open(Trajectory(), steps).slices()
                file.writelines(export(batches, FORMATS["parquet"], schema_of(NANO.model)))

        yield lambda steps: seconds(lambda: write(steps))


@contextlib.contextmanager
def parquet_by_a_new_cluster() -> Iterator[Take]:
    """Have two workers of a new cluster write them, from the asking to the last part."""
    with _folder() as folder, embedded.gateway(folder) as access:
        backend = GatewayBackend(
            access.address, proxy_address=access.proxy_address, password=access.password
        )
        yield lambda steps: asyncio.run(_exported(backend, steps))


@contextlib.contextmanager
def parquet_by_a_warm_cluster() -> Iterator[Take]:
    """Have two workers that are there write them."""
    with dask(WORKERS) as servers:
        yield lambda steps: asyncio.run(_exported(SchedulerBackend(servers.address), steps))


async def _exported(backend: Backend, steps: int) -> float:
    loop = asyncio.get_running_loop()
    with _folder() as folder:
        begun = loop.time()
        async with backend.open(tag="crossover", workers=WORKERS) as cluster:
            with ExportFolder.locked(folder, PropagationRequest(steps)) as parts:
                await export_on(cluster.client, parts)
            return loop.time() - begun


@contextlib.contextmanager
def members_in_this_process() -> Iterator[Take]:
    """Compute an ensemble on one core, up to its summary."""
    warm_ensembles()

    def summarised(members: int) -> None:
        compute(PropagationRequest(MEMBER_STEPS, members=members), threads=1).document()

    yield lambda members: seconds(lambda: summarised(members))


@contextlib.contextmanager
def members_by_a_new_cluster() -> Iterator[Take]:
    """Have two workers of a new cluster compute it, from the asking to the summary."""
    with _folder() as folder, embedded.gateway(folder) as access:
        backend = GatewayBackend(
            access.address, proxy_address=access.proxy_address, password=access.password
        )
        yield lambda members: asyncio.run(_population(backend, members))


@contextlib.contextmanager
def members_by_a_warm_cluster() -> Iterator[Take]:
    """Have two workers that are there compute it."""
    with dask(WORKERS) as servers:
        yield lambda members: asyncio.run(_population(SchedulerBackend(servers.address), members))


async def _population(backend: Backend, members: int) -> float:
    loop, request = asyncio.get_running_loop(), PropagationRequest(MEMBER_STEPS, members=members)
    begun = loop.time()
    async with backend.open(tag="crossover", workers=WORKERS) as cluster:
        nominal = await nominal_on(cluster.client, request, deadline_s=DEADLINE_S)
        ensemble = ComputedEnsemble(request, nominal, keep_members=False)

        async def add(block: Block) -> None:
            await asyncio.to_thread(ensemble.add, block)

        await ensemble_on(
            cluster.client,
            request,
            nominal=nominal,
            ranges=[(0, members)],
            on_block=add,
            deadline_s=DEADLINE_S,
            threads=WORKERS,
        )
        await asyncio.to_thread(ensemble.document)
        return loop.time() - begun


@contextlib.contextmanager
def in_plain_python() -> Iterator[Take]:
    """Run the reference simulator."""
    yield lambda steps: seconds(lambda: simulate(NANO, 0, steps))


@contextlib.contextmanager
def with_a_naive_store() -> Iterator[Take]:
    """Run it on a list that is scanned for each read."""
    yield lambda steps: seconds(lambda: naive.simulate(NANO, 0, steps))


@contextlib.contextmanager
def with_tasks_for_each_step() -> Iterator[Take]:
    """Run it with two delayed tasks a step, on a warm local cluster."""
    with task_per_step.local_cluster() as client:
        yield lambda steps: seconds(lambda: task_per_step.simulate(client, NANO, 0, steps))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder:
        yield Path(folder)


def medians(times: Mapping[int, Sequence[float]]) -> dict[int, float]:
    """Return the median for each number of steps."""
    return {steps: statistics.median(taken) for steps, taken in times.items()}


_TENS: Final = tuple(10**k for k in range(3, 9))
_RECORDS: Final = (100_000, 1_000_000, 5_000_000, 20_000_000)
_RESULT: Final = (
    Way("this process", _TENS, in_this_process),
    Way("a new cluster", _TENS, by_a_new_cluster),
    Way("a warm cluster", _TENS, by_a_warm_cluster),
    Way("plain Python", (1_000, 10_000, 100_000), in_plain_python),
    Way("a list as the store", (1_000, 10_000), with_a_naive_store),
    Way("two Dask tasks a step", (100, 1_000), with_tasks_for_each_step),
)
_PARQUET: Final = (
    Way("Parquet, this process", _RECORDS, parquet_in_this_process),
    Way("Parquet, a new cluster of two", _RECORDS, parquet_by_a_new_cluster),
    Way("Parquet, a warm cluster of two", _RECORDS, parquet_by_a_warm_cluster),
)
_MEMBERS: Final = (100, 1_000, 3_000, 10_000, 30_000)
_ENSEMBLE: Final = (
    Way("an ensemble, one core of this process", _MEMBERS, members_in_this_process),
    Way("an ensemble, a new cluster of two", _MEMBERS, members_by_a_new_cluster),
    Way("an ensemble, a warm cluster of two", _MEMBERS, members_by_a_warm_cluster),
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """What is measured and drawn together: the ways by subject, and which are compared."""

    name: str
    unit: str
    subjects: Mapping[str, tuple[Way, ...]]
    compared: tuple[tuple[str, str], ...]

    @property
    def ways(self) -> tuple[Way, ...]:
        """All ways, subject by subject."""
        return tuple(way for ways in self.subjects.values() for way in ways)


CHAPTERS: Final = (
    Chapter(
        "trajectories",
        "steps",
        {"a result, steps": _RESULT, "all records, steps": _PARQUET},
        (
            ("this process", "a new cluster"),
            ("this process", "a warm cluster"),
            ("Parquet, this process", "Parquet, a new cluster of two"),
            ("Parquet, this process", "Parquet, a warm cluster of two"),
        ),
    ),
    Chapter(
        "ensembles",
        "members",
        {f"members of {MEMBER_STEPS:,} steps": _ENSEMBLE},
        (
            ("an ensemble, one core of this process", "an ensemble, a new cluster of two"),
            ("an ensemble, one core of this process", "an ensemble, a warm cluster of two"),
        ),
    ),
)
