"""Output: jobs beside the chain, started in the order of their stretches, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.driver.worker_pool import WorkerPool

__all__ = ["Output"]

Job = TypeVar("Job")


class Output(Generic[Job]):
    """A queue of jobs, run on the threads that the chain does not need.

    A job occupies its thread until it has handled its result, so that results never accumulate.
    The queue is unbounded: a job in it holds only the checkpoints of its intervals.
    """

    def __init__(self, pool: WorkerPool, run_job: Callable[[Job], Awaitable[None]]) -> None:
        self._pool = pool
        self._run_job = run_job
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()

    def add(self, job: Job) -> None:
        """Append a job to the queue."""
        self._jobs.put_nowait(job)

    def end(self) -> None:
        """Let `run` return when all jobs before this call are done."""
        self._jobs.put_nowait(None)

    async def run(self) -> None:
        """Run jobs until the end of the queue; an error of one cancels the others."""
        async with asyncio.TaskGroup() as tasks:
            while (job := await self._jobs.get()) is not None:
                await self._pool.take_thread()
                tasks.create_task(self._run_on_thread(job))

    async def _run_on_thread(self, job: Job) -> None:
        try:
            await self._run_job(job)
        finally:
            self._pool.return_thread()
