"""The interface that all backends for Dask share."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from distributed import Client

from sim.cluster.ending import in_any_case
from sim.errors import ClusterLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

__all__ = ["PRELOAD", "Backend", "Cluster", "ClusterInfo", "connected"]

PRELOAD: Final = "sim.driver.tasks"
"""What workers import as they start (`dask worker --preload`): it loads the compiled kernel."""

_ANSWER_S: Final = 10.0  # a scheduler that takes longer counts as lost
_CLOSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster as its backend lists it; `tag` is "" if it has none."""

    name: str
    tag: str
    started: datetime
    dashboard: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster whose scheduler answers; `workers` is the number requested."""

    name: str
    client: Client = field(repr=False)
    dashboard: str | None
    workers: int

    async def arrived(self) -> int:
        """Return the number of workers that are connected; raises ClusterLostError."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                return len(await self.client.nthreads())
        except OSError as error:  # TimeoutError is one
            raise ClusterLostError(f"The scheduler of {self.name} does not answer.") from error


class Backend(Protocol):
    """A service that starts Dask clusters."""

    def open(self, *, tag: str, workers: int) -> AbstractAsyncContextManager[Cluster]:
        """Start a cluster for the context's body, and stop it; raises ClusterStartError."""

    async def clusters(self) -> list[ClusterInfo]:
        """List the existing clusters, including those of other owners; raises ClusterError."""

    async def stop(self, name: str) -> None:
        """Stop a cluster, if it exists; raises ClusterError."""

    async def healthy(self) -> bool:
        """Return whether a cluster could be requested now."""


@asynccontextmanager
async def connected(cluster: object, timeout_s: float, **options: Any) -> AsyncIterator[Client]:  # noqa: ANN401 - Client's own
    """Yield a client of an address or a cluster; raises OSError if it does not answer in time."""
    client = Client(cluster, asynchronous=True, set_as_default=False, timeout=timeout_s, **options)
    try:
        yield await client
    finally:
        # A client that is not closed tries to reconnect for ever.
        await in_any_case(client.close(timeout=_CLOSE_S), 2 * _CLOSE_S)
