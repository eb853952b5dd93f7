"""A pool of real workers: how many tasks it runs at a time, and how its faults are reported."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from sim.cluster import SchedulerBackend
from sim.driver.output import Output
from sim.driver.worker_pool import WorkerPool, task_group
from sim.errors import ClusterError, ClusterLostError, IntegrityError, StretchDeadlineError
from tests.dask_servers import all_there, dask
from tests.deadlines import under_load

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def with_pool(
    workers: int, body: Callable[[WorkerPool], Coroutine[Any, Any, None]], deadline_s: float = 30
) -> None:
    async def main() -> None:
        async with SchedulerBackend(servers.address).open(tag="", workers=workers) as cluster:
            assert await all_there(cluster, workers)
            await body(WorkerPool(cluster.client, deadline_s))

    with dask(workers) as servers:
        asyncio.run(main())


async def taken_at_once(pool: WorkerPool) -> int:
    """Count the threads that can be taken without waiting, and give them back."""
    count = 0
    try:
        while True:
            async with asyncio.timeout(under_load(1.0)):
                await pool.take_thread()
            count += 1
    except TimeoutError:
        return count
    finally:
        for _ in range(count):
            pool.return_thread()


def test_a_thread_is_kept_for_the_chain_while_it_runs() -> None:
    async def body(pool: WorkerPool) -> None:
        assert await taken_at_once(pool) == 4
        with pool.chain():
            assert await taken_at_once(pool) == 1
        assert await taken_at_once(pool) == 4

    with_pool(2, body)


def test_the_chain_never_waits_for_output_even_on_its_only_thread() -> None:
    done: list[int] = []

    async def body(pool: WorkerPool) -> None:
        async def run_job(job: int) -> None:
            done.append(await pool.run_output_task(job, abs, job))

        output = Output(pool, run_job)
        async with task_group() as tasks:
            tasks.create_task(output.run())
            with pool.chain():
                for job in range(200):
                    output.add(job)
                assert await pool.run_chain_task(0, abs, -1) == 1
                assert not done
            output.end()

    with_pool(1, body)
    assert sorted(done) == list(range(200))


def test_a_task_that_kills_its_workers_is_given_up() -> None:
    async def body(pool: WorkerPool) -> None:
        with pytest.raises(ClusterError, match="died repeatedly over the intervals from 7 on"):
            await pool.run_chain_task(7, os._exit, 1)

    with_pool(4, body)


def test_what_a_task_raises_is_told() -> None:
    async def body(pool: WorkerPool) -> None:
        with pytest.raises(ClusterError, match=r"failed on its worker: ValueError\("):
            await pool.run_chain_task(0, int, "x")

    with_pool(1, body)


def raise_integrity_error() -> None:
    raise IntegrityError("a slice")


def test_an_error_of_ours_comes_through_as_it_is() -> None:
    async def body(pool: WorkerPool) -> None:
        with pytest.raises(IntegrityError, match="a slice"):
            await pool.run_chain_task(0, raise_integrity_error)

    with_pool(1, body)


def test_a_task_that_takes_too_long_is_given_up_at_its_deadline() -> None:
    async def body(pool: WorkerPool) -> None:
        with pytest.raises(StretchDeadlineError, match=r"interval 3 .* within 0\.5 seconds"):
            await pool.run_chain_task(3, sleep, 5)

    with_pool(1, body, deadline_s=0.5)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def test_equal_tasks_are_carried_out_each_time() -> None:
    async def body(pool: WorkerPool) -> None:
        assert await pool.run_chain_task(0, os.urandom, 8) != await pool.run_chain_task(
            0, os.urandom, 8
        )

    with_pool(1, body)


async def take_for_ever(pool: WorkerPool) -> None:
    """Take threads; there are some until it is seen that their worker is gone."""
    while True:
        await pool.take_thread()
        pool.return_thread()


def test_a_cluster_whose_workers_are_gone_is_given_up_at_the_deadline() -> None:
    async def main() -> None:
        async with SchedulerBackend(servers.address).open(tag="", workers=1) as cluster:
            assert await all_there(cluster, 1)
            pool = WorkerPool(cluster.client, 1.0)
            servers.workers[0].kill()
            with pytest.raises(ClusterLostError, match=r"no worker for 1 seconds\."):
                await take_for_ever(pool)

    with dask(1) as servers:
        asyncio.run(main())
