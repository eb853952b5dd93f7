"""The way to reach Dask that the settings say, and the wait until it is reached."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.errors import SettingsError
from sim.cluster import GatewayBackend, SchedulerBackend
from sim.errors import ClusterStartError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from frontend.settings import Settings
    from sim.cluster import Backend

__all__ = ["LOOK_S", "backend_of", "wait_for_a_worker"]

LOOK_S: Final = 0.25  # between two looks at how many workers are there


def backend_of(settings: Settings) -> Backend:
    """Return the configured Gateway or scheduler; raises SettingsError where there is none."""
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


async def wait_for_a_worker(arrived: Callable[[], Awaitable[int]], seconds: float) -> None:
    """Look until a worker has arrived; raises ClusterStartError when none does in time."""
    deadline = monotonic() + seconds
    while await arrived() == 0:
        if monotonic() > deadline:
            raise ClusterStartError(f"No worker came within {seconds:g} seconds.")
        await asyncio.sleep(LOOK_S)
