from __future__ import annotations

import asyncio
from itertools import count

import pytest

from frontend.errors import SettingsError
from frontend.runner.dask_backend import backend_of, wait_for_a_worker
from frontend.settings import Settings
from sim.cluster import GatewayBackend, SchedulerBackend
from sim.errors import ClusterStartError


def test_the_settings_choose_a_gateway_or_a_scheduler() -> None:
    assert isinstance(backend_of(Settings(gateway_address="http://gateway")), GatewayBackend)
    assert isinstance(backend_of(Settings(scheduler="tcp://scheduler:8786")), SchedulerBackend)


def test_without_either_it_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"DASK_GATEWAY_ADDRESS.*DASK_SCHEDULER.*porta serve"):
        backend_of(Settings())


def test_the_wait_ends_with_the_first_worker() -> None:
    workers = count()

    async def count_workers() -> int:
        return next(workers)

    asyncio.run(wait_for_a_worker(count_workers, 60))
    assert next(workers) == 2


def test_workers_that_never_come_are_an_error_that_says_how_long_it_waited() -> None:
    async def count_workers() -> int:
        return 0

    with pytest.raises(ClusterStartError, match=r"within 0\.5 seconds"):
        asyncio.run(wait_for_a_worker(count_workers, 0.5))
