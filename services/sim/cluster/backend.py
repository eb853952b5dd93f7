"""What every way to reach Dask has in common."""

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

_ANSWER_S: Final = 10.0  # a scheduler that answers later counts as lost
_CLOSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster that exists, as whoever keeps it describes it; `tag` is "" where it has none."""

    name: str
    tag: str
    started: datetime
    dashboard: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster whose scheduler answers; `workers` is how many were asked for."""

    name: str
    client: Client = field(repr=False)
    dashboard: str | None
    workers: int

    async def arrived(self) -> int:
        """Return how many workers are there now; raises ClusterLostError."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                return len(await self.client.nthreads())
        except OSError as error:  # which TimeoutError is, too
            raise ClusterLostError(f"The scheduler of {self.name} does not answer.") from error


class Backend(Protocol):
    """A way to reach Dask."""

    def open(self, *, tag: str, workers: int) -> AbstractAsyncContextManager[Cluster]:
        """Start a cluster for the context's body, and stop it; raises ClusterStartError."""

    async def clusters(self) -> list[ClusterInfo]:
        """List the clusters that exist, those of others too; raises ClusterError."""

    async def stop(self, name: str) -> None:
        """Have a cluster stopped; nothing happens where there is none; raises ClusterError."""

    async def healthy(self) -> bool:
        """Tell whether clusters could be asked for now."""


@asynccontextmanager
async def connected(cluster: object, timeout_s: float, **options: Any) -> AsyncIterator[Client]:  # noqa: ANN401 - Client's own
    """Yield a client of an address or a cluster; raises OSError when it doesn't answer in time."""
    client = Client(cluster, asynchronous=True, set_as_default=False, timeout=timeout_s, **options)
    try:
        yield await client
    finally:
        # A client that is left alone tries to reach its scheduler again, for ever.
        await in_any_case(client.close(timeout=_CLOSE_S), 2 * _CLOSE_S)
