"""Output: tasks aside of the chain, in the order in which their stretches come, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sim.driver.worker_pool import WorkerPool

__all__ = ["Output"]

Job = TypeVar("Job")


class Output(Generic[Job]):
    """Carries out jobs while there are threads that the chain does not need.

    A job has its thread until it is done with what came back, so that results never pile up.
    Any number may wait: of an interval that is some checkpoints.
    """

    def __init__(self, pool: WorkerPool, carry_out: Callable[[Job], Awaitable[None]]) -> None:
        self._pool = pool
        self._carry_out = carry_out
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()

    def add(self, job: Job) -> None:
        """Have a job carried out."""
        self._jobs.put_nowait(job)

    def end(self) -> None:
        """Have `work_off` end when all jobs are done."""
        self._jobs.put_nowait(None)

    async def work_off(self) -> None:
        """Carry out jobs until the end; whatever one raises ends the others."""
        async with asyncio.TaskGroup() as tasks:
            while (job := await self._jobs.get()) is not None:
                await self._pool.take_thread()
                tasks.create_task(self._do(job))

    async def _do(self, job: Job) -> None:
        try:
            await self._carry_out(job)
        finally:
            self._pool.return_thread()
