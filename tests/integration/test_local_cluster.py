"""A cluster of processes on this machine works, is listed, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psutil
import pytest

from sim.cluster import LocalBackend
from tests.deadlines import LOCAL_CLUSTER_S

pytestmark = pytest.mark.integration


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_a_local_cluster_works_is_listed_and_leaves_no_process() -> None:
    before = children()

    async def main() -> None:
        backend = LocalBackend(start_s=LOCAL_CLUSTER_S)
        async with backend.open(tag="a/b/c", workers=2) as cluster:
            assert await cluster.arrived() == 2
            assert await cluster.client.submit(sum, [1, 2], pure=False) == 3
            assert [(info.name, info.tag) for info in await backend.clusters()] == [
                (cluster.name, "a/b/c")
            ]
        assert await backend.clusters() == []
        assert await backend.healthy()

    asyncio.run(main())
    assert {pid for pid in children() - before if "resource_tracker" not in cmdline(pid)} == set()


def test_a_cancelled_body_stops_the_cluster() -> None:
    async def main() -> None:
        backend = LocalBackend(start_s=LOCAL_CLUSTER_S)

        async def work() -> None:
            async with backend.open(tag="", workers=1):
                opened.set()
                await asyncio.Event().wait()

        opened = asyncio.Event()
        task = asyncio.create_task(work())
        await asyncio.wait_for(opened.wait(), LOCAL_CLUSTER_S)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert await backend.clusters() == []

    asyncio.run(main())


def cmdline(pid: int) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(psutil.Process(pid).cmdline())
    return "resource_tracker"
