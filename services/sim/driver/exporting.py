"""A large export on a cluster: Parquet parts that workers write into a shared folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cost_model import slice_batches
from sim.driver.chain import Chain, slice_specs
from sim.driver.output import Output
from sim.driver.tasks import SliceSpec, write_part
from sim.driver.worker_pool import WorkerPool, task_group
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
    """Write the records of `steps` iterations to `part-000000.parquet` and so on; return the parts.

    In the order of their names, the parts hold all records in the order of computation, the
    initial state first. Their bytes do not depend on the workers. `on_progress` receives the
    number of iterations whose records are written. The folder must be shared with the workers,
    which write the parts. Raises RequestError if the folder holds Parquet files,
    PropagationFailed if the trajectory ends before (earlier parts may exist), and ClusterError.
    """
    _prepare(directory)
    export = _Export(WorkerPool(client, deadline_s), trajectory, steps, directory, on_progress)
    await export.write()
    return export.parts


class _Export:
    """The parts of one trajectory, numbered in the order of computation."""

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
        async with task_group() as tasks:
            tasks.create_task(self._output.run())
            end = await chain.run(
                initial_checkpoint(self._trajectory.scenario),
                plan_output=self._plan_parts,
                on_stretch=_end_with_failure,
            )
            if self._rest:
                self._add([SliceSpec(self._until, end, self._rest, None)])
            self._output.end()

    def _plan_parts(self, stretch: Stretch) -> None:
        scenario, records = self._trajectory.scenario, stretch.interval_records
        for batch in slice_batches(
            scenario, stretch.first, records, until=self._until, export=True
        ):
            self._add(slice_specs(stretch, batch))

    def _add(self, specs: list[SliceSpec]) -> None:
        self.parts.append(self._directory / f"part-{len(self.parts):06}.parquet")
        self._output.add((self.parts[-1], specs))

    async def _write_part(self, job: tuple[Path, list[SliceSpec]]) -> None:
        part, specs = job
        first = specs[0].interval
        await self._pool.run_output_task(first, write_part, self._trajectory, specs, str(part))
        self._written += sum(spec.iterations for spec in specs)
        if self._on_progress is not None:
            await self._on_progress(self._written)


async def _end_with_failure(stretch: Stretch, _data: bytes) -> None:
    if stretch.failure is not None:
        raise PropagationFailed(stretch.failure)


def _prepare(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.glob("*.parquet")):
        raise RequestError(str(directory), "holds Parquet files already; choose another folder.")
