"""Claims about keeping a lease: for as long as the run moves, and through a Redis that is away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from frontend.errors import LeaseLost, StorageRefused, StorageUnavailable
from frontend.runner.lease_keeper import RETRY_S, LeaseKeeper, RunCancelled
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import connect
from sim.scenario import PropagationRequest
from tests.deadlines import EVENTUALLY_S
from tests.redis_servers import without_its_primary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

REQUEST = PropagationRequest(300_000)
LEASE_MS = 1_500  # a renewal that a busy machine delays by a second is still in time
DIGEST = REQUEST.trajectory.digest


@pytest.fixture
def runs(own_redis: RedisServer) -> Iterator[RunQueue]:
    with contextlib.closing(connect(own_redis.url, timeout_s=0.5)) as client:
        yield RunQueue(client, lease_ms=LEASE_MS)


@pytest.fixture
def keeper(runs: RunQueue) -> LeaseKeeper:
    return kept(runs)


def kept(runs: RunQueue, **options: float) -> LeaseKeeper:
    runs.enqueue(REQUEST)
    acquired = runs.acquire(DIGEST, "token", "owner")
    assert acquired.lease is not None
    return LeaseKeeper(runs, acquired.lease, acquired, **options)


async def kept_for(keeper: LeaseKeeper, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(keeper.keep(), seconds)


def test_a_lease_that_is_kept_outlives_its_time(runs: RunQueue, keeper: LeaseKeeper) -> None:
    asyncio.run(kept_for(keeper, 1.6 * LEASE_MS / 1_000))
    assert DIGEST in runs.living()


def test_renewals_tell_who_waits_now(runs: RunQueue, keeper: LeaseKeeper) -> None:
    runs.enqueue(PropagationRequest(200_000))
    asyncio.run(keeper.renew())
    assert dict(keeper.waiting) == {"200000": 200_000, "300000": 300_000}


def test_a_run_that_nobody_wants_any_more_is_told(runs: RunQueue, keeper: LeaseKeeper) -> None:
    runs.cancel(REQUEST)
    with pytest.raises(RunCancelled):
        asyncio.run(keeper.keep())


def test_a_lease_is_let_go_where_nothing_comes_in(runs: RunQueue) -> None:
    keeper = kept(runs, slack_s=0.1)
    keeper.expect(0.1)
    with pytest.raises(LeaseLost):
        asyncio.run(asyncio.wait_for(keeper.keep(), EVENTUALLY_S))


def test_a_redis_that_comes_back_within_the_lease_is_waited_for(own_redis: RedisServer) -> None:
    with contextlib.closing(connect(own_redis.url, timeout_s=0.5)) as client:
        runs = RunQueue(client, lease_ms=20_000)
        keeper = kept(runs)
        own_redis.kill()
        with ThreadPoolExecutor() as pool:
            renewing = pool.submit(asyncio.run, keeper.renew())
            own_redis.start()  # here, for it ends with the thread that starts it
            renewing.result()
        assert DIGEST in runs.living()


def test_a_redis_that_stays_away_for_longer_than_the_lease_loses_the_run(
    own_redis: RedisServer, keeper: LeaseKeeper
) -> None:
    own_redis.kill()
    with pytest.raises(LeaseLost):
        asyncio.run(asyncio.wait_for(keeper.renew(), EVENTUALLY_S))


def test_a_redis_that_says_not_now_within_the_lease_is_waited_for(own_redis: RedisServer) -> None:
    with contextlib.closing(connect(own_redis.url, timeout_s=0.5)) as client:
        runs = RunQueue(client, lease_ms=20_000)
        keeper = kept(runs)
        with ThreadPoolExecutor() as pool:
            with without_its_primary(own_redis.url):
                with pytest.raises(StorageUnavailable, match="MASTERDOWN"):
                    runs.living()
                renewing = pool.submit(asyncio.run, keeper.renew())
                time.sleep(RETRY_S)
            renewing.result()
        assert DIGEST in runs.living()


@pytest.mark.parametrize("mended", [True, False])
def test_a_call_that_redis_refuses_is_repeated_while_the_lease_lives(
    runs: RunQueue, keeper: LeaseKeeper, own_redis: RedisServer, *, mended: bool
) -> None:
    with contextlib.closing(connect(own_redis.url)) as client, ThreadPoolExecutor() as pool:
        client.rename(keys.run(DIGEST), "aside")
        client.set(keys.run(DIGEST), "not a hash")
        with pytest.raises(StorageRefused, match="WRONGTYPE"):
            runs.renew(keeper.lease)
        renewing = pool.submit(asyncio.run, keeper.renew())
        if mended:
            time.sleep(RETRY_S)
            client.rename("aside", keys.run(DIGEST))
            renewing.result()
            assert DIGEST in runs.living()
        else:
            with pytest.raises(StorageRefused, match="WRONGTYPE"):
                renewing.result()
