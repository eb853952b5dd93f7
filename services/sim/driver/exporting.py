"""A large export on a cluster: Parquet parts that the workers write into a folder they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cost_model import slice_batches
from sim.driver.chain import Chain, works_of
from sim.driver.output import Output
from sim.driver.tasks import SliceWork, write_part
from sim.driver.worker_pool import WorkerPool, together
from sim.engine import initial_checkpoint
from sim.errors import PropagationFailed, RequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from distributed import Client

    from sim.engine import Stretch
    from sim.scenario import Trajectory

__all__ = ["export_on"]


async def export_on(
    client: Client,
    trajectory: Trajectory,
    steps: int,
    directory: Path,
    *,
    on_progress: Callable[[int], Awaitable[None]] | None = None,
    deadline_s: float = 120.0,
) -> list[Path]:
    """Write so many iterations' records to `part-000000.parquet` and so on; return the parts.

    Read in the order of their names, the parts are the whole in the order of computation, the
    initial state first; they are the same whoever computes them. `on_progress` gets the number
    of iterations whose records are written. Workers write: the folder has to be theirs as well.
    Raises RequestError for a folder that holds Parquet files, PropagationFailed if the
    trajectory ends before (parts of what comes before may be there), and ClusterError.
    """
    _prepare(directory)
    export = _Export(WorkerPool(client, deadline_s), trajectory, steps, directory, on_progress)
    await export.write()
    return export.parts


class _Export:
    """Parts of one trajectory, numbered in the order of computation."""

    def __init__(
        self,
        pool: WorkerPool,
        trajectory: Trajectory,
        steps: int,
        directory: Path,
        on_progress: Callable[[int], Awaitable[None]] | None,
    ) -> None:
        self.parts: list[Path] = []
        self._pool = pool
        self._trajectory = trajectory
        self._until, self._rest = divmod(steps, trajectory.interval)
        self._directory = directory
        self._on_progress = on_progress
        self._written = 0
        self._output = Output(pool, self._write_part)

    async def write(self) -> None:
        chain = Chain(self._pool, self._trajectory, self._until)
        await self._pool.ready(0)
        async with together() as tasks:
            tasks.create_task(self._output.work_off())
            end = await chain.follow(
                initial_checkpoint(self._trajectory.scenario),
                hand_over=self._hand_over,
                on_stretch=_end_with_failure,
            )
            if self._rest:
                self._add([SliceWork(self._until, end, self._rest, None)])
            self._output.end()

    def _hand_over(self, stretch: Stretch) -> None:
        scenario, records = self._trajectory.scenario, stretch.interval_records
        for batch in slice_batches(
            scenario, stretch.first, records, until=self._until, export=True
        ):
            self._add(works_of(stretch, batch))

    def _add(self, works: list[SliceWork]) -> None:
        self.parts.append(self._directory / f"part-{len(self.parts):06}.parquet")
        self._output.add((self.parts[-1], works))

    async def _write_part(self, job: tuple[Path, list[SliceWork]]) -> None:
        part, works = job
        first = works[0].interval
        await self._pool.aside(first, write_part, self._trajectory, works, str(part))
        self._written += sum(each.iterations for each in works)
        if self._on_progress is not None:
            await self._on_progress(self._written)


async def _end_with_failure(stretch: Stretch, _data: bytes) -> None:
    if stretch.failure is not None:
        raise PropagationFailed(stretch.failure)


def _prepare(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.glob("*.parquet")):
        raise RequestError(str(directory), "holds Parquet files already; choose another folder.")
