"""The Dask backend that the settings choose, and the wait for a cluster's first worker."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.errors import SettingsError
from sim.cluster import GatewayBackend, SchedulerBackend
from sim.errors import ClusterTimeoutError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from frontend.settings import Settings
    from sim.cluster import Backend

__all__ = ["POLL_S", "backend_of", "wait_for_a_worker"]

POLL_S: Final = 0.25  # between two counts of the workers: a page shows each arrival at once


def backend_of(settings: Settings) -> Backend:
    """Return the configured Gateway or scheduler; raises SettingsError if there is none."""
    if settings.scheduler is not None:
        return SchedulerBackend(settings.scheduler)
    if settings.gateway_address is not None:
        return GatewayBackend(
            settings.gateway_address,
            proxy_address=settings.gateway_proxy_address,
            password=settings.gateway_password,
            ca=settings.gateway_ca,
            start_s=settings.cluster_timeout_s,
        )
    raise SettingsError(
        "DASK_GATEWAY_ADDRESS",
        "or DASK_SCHEDULER is needed here; set one, or run `porta serve`, which brings its own.",
    )


async def wait_for_a_worker(count_workers: Callable[[], Awaitable[int]], timeout_s: float) -> None:
    """Wait until there is a worker; raises ClusterTimeoutError after `timeout_s` seconds."""
    deadline = monotonic() + timeout_s
    while await count_workers() == 0:
        if monotonic() > deadline:
            raise ClusterTimeoutError(f"No worker came within {timeout_s:g} seconds.")
        await asyncio.sleep(POLL_S)
