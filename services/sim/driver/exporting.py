"""A large export on a cluster: Parquet parts that workers write into a shared folder."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from sim.cost_model import slice_batches
from sim.driver.chain import Chain, slice_specs
from sim.driver.output import Output
from sim.driver.tasks import SliceSpec, write_part
from sim.driver.worker_pool import WorkerPool, task_group
from sim.engine import initial_checkpoint
from sim.engine.interval_pass import end_of_interval
from sim.errors import PropagationFailed
from sim.export.folder import Part, part_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from distributed import Client

    from sim.engine import Checkpoint, Stretch
    from sim.export.folder import ExportFolder

__all__ = ["export_on"]


async def export_on(
    client: Client,
    folder: ExportFolder,
    *,
    on_progress: Callable[[int], Awaitable[None]] | None = None,
    deadline_s: float = 120.0,
) -> None:
    """Write the records of the folder's request to `part-000000.parquet` and so on.

    In the order of their names, the parts hold all records in the order of computation, the
    initial state first. Their bytes do not depend on the workers. Parts that the folder has are not
    written again. `on_progress` receives the number of iterations whose records are written. The
    folder must be shared with the workers, which write the parts. Raises PropagationFailed if the
    trajectory ends before (earlier parts may exist), OutputError, and ClusterError.
    """
    export = _Export(WorkerPool(client, deadline_s), folder, on_progress)
    await export.write()


class _Export:
    """The parts of one trajectory, numbered in the order of computation."""

    def __init__(
        self,
        pool: WorkerPool,
        folder: ExportFolder,
        on_progress: Callable[[int], Awaitable[None]] | None,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._trajectory = folder.request.trajectory
        self._until, self._rest = divmod(folder.request.steps, self._trajectory.interval)
        self._on_progress = on_progress
        self._planned = 0
        self._written = 0
        self._checkpoints = hashlib.sha256()
        self._output = Output(pool, self._write_part)

    async def write(self) -> None:
        chain = Chain(self._pool, self._trajectory, self._until)
        await self._pool.ready(0)
        async with task_group() as tasks:
            tasks.create_task(self._output.run())
            end = await chain.run(
                initial_checkpoint(self._trajectory.dispersed),
                plan_output=self._plan_parts,
                on_stretch=_end_with_failure,
            )
            if self._rest:
                self._add([SliceSpec(self._until, end, self._rest, None)])
            self._output.end()
        checksum = await asyncio.to_thread(self._checksum, end)
        self._folder.finish(self._planned, checksum)

    def _checksum(self, start: Checkpoint) -> str:
        """Return the propagation's checksum; `start` is where its last, partial interval begins."""
        end = end_of_interval(self._trajectory, start, self._rest) if self._rest else start
        for checkpoint in (start, end):
            self._checkpoints.update(checkpoint.to_bytes())
        return self._checkpoints.hexdigest()

    def _plan_parts(self, stretch: Stretch) -> None:
        for checkpoint in stretch.checkpoints:
            self._checkpoints.update(checkpoint.to_bytes())
        scenario, records = self._trajectory.scenario, stretch.interval_records
        for batch in slice_batches(
            scenario, stretch.first, records, until=self._until, export=True
        ):
            self._add(slice_specs(stretch, batch))

    def _add(self, specs: list[SliceSpec]) -> None:
        name, iterations = part_name(self._planned), sum(spec.iterations for spec in specs)
        self._planned += 1
        if self._folder.has(name, specs[0].interval, iterations):
            self._written += iterations
        else:
            self._output.add((name, specs))

    async def _write_part(self, job: tuple[str, list[SliceSpec]]) -> None:
        name, specs = job
        first, iterations = specs[0].interval, sum(spec.iterations for spec in specs)
        written = await self._pool.run_output_task(
            first, write_part, self._folder.request, specs, str(self._folder.path)
        )
        part = Part(
            name=name,
            interval=first,
            iterations=iterations,
            rows=written.rows,
            bytes=written.bytes,
            sha256=written.sha256,
        )
        self._folder.add(written.unfinished, part)
        self._written += iterations
        if self._on_progress is not None:
            await self._on_progress(self._written)


async def _end_with_failure(stretch: Stretch, _data: bytes) -> None:
    if stretch.failure is not None:
        raise PropagationFailed(stretch.failure)
