"""A runner in this process, with a real Redis; its Dask is away, or not needed.

Runners as processes, with clusters, are in tests/integration/test_runner.py and faults/.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import test_utils, web

from frontend.domain.resource import Status
from frontend.domain.run import ChainEntry
from frontend.domain.waiting import NO_CLUSTER, STORAGE_FULL
from frontend.runner.service import Runner
from sim.cluster import GatewayBackend, LocalBackend, SchedulerBackend
from sim.engine import checksum, initial_checkpoint, pass_over
from sim.scenario import PropagationRequest, Trajectory
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually
from tests.run_protocol import lapse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import redis

    from frontend.bootstrap import Services
    from frontend.domain.run import RunState
    from sim.cluster import Backend

TRAJECTORY = Trajectory(seed=5)
REQUEST = PropagationRequest(120_000, TRAJECTORY)


@asynccontextmanager
async def at_work(services: Services, backend: Backend) -> AsyncIterator[Runner]:
    """Have a runner serve meanwhile."""
    runner, stop = Runner(services, backend), asyncio.Event()
    serving = asyncio.create_task(runner.serve(stop))
    try:
        yield runner
    finally:
        stop.set()
        await asyncio.wait_for(serving, EVENTUALLY_S)


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, condition, within_s=EVENTUALLY_S)


def state_of(services: Services) -> RunState:
    state = services.runs.state(TRAJECTORY.digest)
    assert state is not None
    return state


def store_all(services: Services) -> None:
    """Store the whole trajectory, as an owner did that was killed before it published."""
    acquired = services.runs.acquire(TRAJECTORY.digest, "fencing token", "killed")
    assert acquired.lease is not None
    stretch = pass_over(TRAJECTORY, initial_checkpoint(TRAJECTORY.scenario), 2)
    data = stretch.to_bytes()
    entry = ChainEntry(0, stretch.count, checksum(data), sum(stretch.records))
    services.runs.put(acquired.lease, position=0, previous="", entry=entry, data=data)
    lapse(services.client, TRAJECTORY.digest)


def test_its_heartbeat_says_that_it_lives_and_its_end_that_it_left(services: Services) -> None:
    async def main() -> None:
        async with at_work(services, LocalBackend()) as runner:
            await until(lambda: runner.name in services.runners.alive())
            info = services.runners.alive()[runner.name]
            assert (info["gateway"], info["executing"]) == ("ok", 0)
            assert f"-{os.getpid()}-" in runner.name

    asyncio.run(main())
    assert services.runners.alive() == {}


def test_an_abandoned_run_is_taken_over_and_what_is_stored_is_published(
    services: Services,
) -> None:
    services.runs.enqueue(REQUEST)
    store_all(services)

    async def main() -> None:
        async with at_work(services, LocalBackend()):
            await until(lambda: state_of(services).state == "done")

    asyncio.run(main())
    assert services.store.manifest(REQUEST.id) is not None
    assert state_of(services).epoch == 2


def test_without_its_dask_a_run_waits_and_no_attempt_is_counted(services: Services) -> None:
    services.runs.enqueue(REQUEST)
    away = SchedulerBackend("127.0.0.1:1", start_s=0.2)

    async def main() -> None:
        async with at_work(services, away) as runner:
            await until(lambda: "does not answer" in str(services.runners.alive()))
            await until(lambda: state_of(services).state == "queued")
            assert runner.name in services.runners.alive()

    asyncio.run(main())
    assert (state_of(services).state, state_of(services).attempts) == ("queued", 0)


@asynccontextmanager
async def refusing_gateway() -> AsyncIterator[GatewayBackend]:
    """A server that lists its clusters, as a Gateway does, and refuses at once to start one."""

    async def clusters(_: web.Request) -> web.Response:
        return web.json_response({})

    async def options(_: web.Request) -> web.Response:
        return web.json_response({"error": "no"}, status=500)

    application = web.Application()
    application.router.add_get("/api/v1/clusters/", clusters)
    application.router.add_get("/api/v1/options", options)
    async with test_utils.TestServer(application) as server:
        yield GatewayBackend(str(server.make_url("")))


def test_a_gateway_that_refuses_at_once_costs_no_attempt_and_is_asked_again_after_a_pause(
    services: Services,
) -> None:
    services.runs.enqueue(REQUEST)

    async def main() -> None:
        async with refusing_gateway() as backend, at_work(services, backend):
            await until(lambda: state_of(services).retry_at_ms is not None)
            first = state_of(services)
            await until(
                lambda: state_of(services).epoch == 2 and state_of(services).retry_at_ms is not None
            )
            second = state_of(services)
        for state, pause_ms in ((first, 2_000), (second, 4_000)):
            assert (state.status, state.attempts) == (Status.QUEUED, 0)
            assert state.error is not None
            assert state.error.startswith("The Dask Gateway at http://127.0.0.1")
            assert state.error.endswith(NO_CLUSTER.sentence)
            assert (state.retry_at_ms or 0) - (state.started_ms or 0) >= pause_ms

    asyncio.run(main())


def test_a_runner_that_stops_gives_back_what_it_executes(services: Services) -> None:
    services.runs.enqueue(REQUEST)
    slow = SchedulerBackend("127.0.0.1:1", start_s=EVENTUALLY_S)  # it tries for that long

    async def main() -> None:
        async with at_work(services, slow):
            await until(lambda: state_of(services).state == "running")

    asyncio.run(main())
    assert (state_of(services).state, state_of(services).attempts) == ("queued", 0)


def test_a_run_that_is_taken_while_its_runner_stops_is_given_back(services: Services) -> None:
    services.runs.enqueue(REQUEST)

    async def main() -> None:
        async with at_work(services, SchedulerBackend("127.0.0.1:1", start_s=EVENTUALLY_S)):
            await asyncio.sleep(0)  # it has begun to look for runs

    asyncio.run(main())
    state = state_of(services)
    assert (state.epoch, state.state, state.attempts) == (1, "queued", 0)


def test_a_run_waits_while_redis_is_full_and_goes_on_when_there_is_room(
    services: Services, redis_client: redis.Redis
) -> None:
    services.runs.enqueue(REQUEST)

    async def main() -> None:
        async with at_work(services, LocalBackend()) as runner:
            await until(lambda: runner.name in services.runners.alive())
            await until(lambda: state_of(services).error == STORAGE_FULL.sentence)
            waits = state_of(services)
            assert (waits.status, waits.attempts, waits.epoch) == (Status.QUEUED, 0, 0)
            assert services.runs.living() == {}
            redis_client.config_set("maxmemory", 0)
            await until(lambda: state_of(services).status is not Status.QUEUED)

    redis_client.config_set("maxmemory", 1)
    try:
        asyncio.run(main())
    finally:
        redis_client.config_set("maxmemory", 0)
