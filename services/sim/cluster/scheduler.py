"""An existing Dask scheduler: nothing is started, nothing is stopped."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from distributed.core import rpc

from sim.cluster.backend import Cluster, ClusterInfo, connected
from sim.errors import ClusterStartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from distributed.security import Security

__all__ = ["SchedulerBackend"]

_ANSWER_S: Final = 5.0


class SchedulerBackend:
    """The scheduler at `[tcp://]host:port`, with its workers.

    `security` is what encrypted connections to it need.
    """

    def __init__(
        self, address: str, *, start_s: float = 30.0, security: Security | None = None
    ) -> None:
        self._address = address if "://" in address else f"tcp://{address}"
        self._start_s = start_s
        self._security = security

    @asynccontextmanager
    async def open(self, *, tag: str, workers: int) -> AsyncIterator[Cluster]:
        """Connect to the scheduler; its present workers count as at least one."""
        del tag, workers  # nothing is started
        async with AsyncExitStack() as stack:
            try:
                client = await stack.enter_async_context(
                    connected(self._address, self._start_s, security=self._security)
                )
                present = len(await client.nthreads())
            except OSError as error:
                raise ClusterStartError(
                    f"The Dask scheduler at {self._address} can't be reached: {error}"
                ) from error
            yield Cluster(self._address, client, client.dashboard_link, max(1, present))

    async def clusters(self) -> list[ClusterInfo]:
        """Return none: the scheduler does not belong to Porta."""
        return []

    async def stop(self, name: str) -> None:
        """Do nothing: the scheduler does not belong to Porta."""

    async def healthy(self) -> bool:
        """Return whether the scheduler answers."""
        encryption = (
            None if self._security is None else self._security.get_connection_args("client")
        )
        try:
            async with (
                asyncio.timeout(_ANSWER_S),
                rpc(self._address, connection_args=encryption) as scheduler,
            ):
                await scheduler.identity(n_workers=0)
        except OSError:
            return False
        return True
