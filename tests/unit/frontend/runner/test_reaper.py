"""Each cluster is a real scheduler without workers, which is enough to be listed and stopped."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from frontend.domain.run import Lease
from frontend.runner.reaper import Reaper
from frontend.runner.run_tag import RunTag
from frontend.storage.counters import ORPHANS_STOPPED
from sim.cluster import LocalBackend
from sim.scenario import PropagationRequest
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually

if TYPE_CHECKING:
    from frontend.bootstrap import Services

REQUEST = PropagationRequest(300_000)
DIGEST = REQUEST.trajectory.digest
SEVERAL_ROUNDS_S = 0.2
OF_NO_RUN = Lease(DIGEST, "an owner of the past", 1)


@pytest.fixture
def lease(services: Services) -> Lease:
    """The lease of a run that has an owner."""
    services.runs.enqueue(REQUEST)
    lease = services.runs.acquire(DIGEST, "fencing token", "owner").lease
    assert lease is not None
    return lease


async def reaped(services: Services, *tags: str) -> tuple[dict[str, bool], list[str]]:
    """Open a cluster for each tag; return which are owned, and the tags of those reaped."""
    backend = LocalBackend()
    reaper = Reaper(services, backend)
    async with AsyncExitStack() as clusters:
        for tag in tags:
            await clusters.enter_async_context(backend.open(tag=tag, workers=0))
        own = {cluster.tag: owned for cluster, owned in await reaper.own_clusters()}
        return own, [cluster.tag for cluster in await reaper.reap()]


def test_the_cluster_of_a_living_lease_stays_and_one_of_a_past_lease_is_stopped(
    services: Services, lease: Lease
) -> None:
    name = services.runners.installation()
    owned, orphan = str(RunTag.of(name, lease)), str(RunTag.of(name, OF_NO_RUN))
    own, stopped = asyncio.run(reaped(services, owned, orphan))
    assert own == {owned: True, orphan: False}
    assert stopped == [orphan]


def test_clusters_of_others_are_left_alone(services: Services) -> None:
    foreign = (str(RunTag.of("another house", OF_NO_RUN)), "command-line/0123", "")
    assert asyncio.run(reaped(services, *foreign)) == ({}, [])


def test_an_orphan_that_is_stopped_is_counted(services: Services) -> None:
    tag = str(RunTag.of(services.runners.installation(), OF_NO_RUN))
    asyncio.run(reaped(services, tag))
    assert services.client.hget("run/counters", ORPHANS_STOPPED) == b"1"


def test_clusters_under_the_name_before_redis_was_emptied_are_stopped(services: Services) -> None:
    async def emptied() -> list[str]:
        backend = LocalBackend()
        reaper = Reaper(services, backend)
        tag = str(RunTag.of(services.runners.installation(), OF_NO_RUN))
        async with backend.open(tag=tag, workers=0):
            await reaper.own_clusters()  # it knows the name now
            services.client.delete("run/installation")
            return [cluster.tag for cluster in await reaper.reap()]

    assert len(asyncio.run(emptied())) == 1


def test_one_of_two_reapers_makes_its_rounds_until_it_retires(services: Services) -> None:
    async def main() -> None:
        first, second = (Reaper(services, LocalBackend(), round_s=0.05) for _ in range(2))
        async with asyncio.TaskGroup() as group:
            patrols = [group.create_task(first.patrol())]
            await asyncio.to_thread(eventually, lambda: first.seen, within_s=EVENTUALLY_S)
            patrols.append(group.create_task(second.patrol()))
            await asyncio.sleep(SEVERAL_ROUNDS_S)
            assert second.seen == {}
            patrols[0].cancel()
            await first.retire()
            await asyncio.to_thread(eventually, lambda: second.seen, within_s=EVENTUALLY_S)
            patrols[1].cancel()

    asyncio.run(main())
