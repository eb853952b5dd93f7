"""The reaper: stops clusters that no run owns any more, and removes what finished runs left behind.

- A cluster of this installation whose tag matches no living lease is an orphan. Each round stops
  it again until the Gateway no longer lists it: a Gateway may accept the request and fail.
- Clusters are listed before leases. A cluster is started only under a lease, so a listed cluster
  without a lease afterwards is an orphan.
- One runner reaps at a time, under a lease of its own.
- An emptied Redis gives the installation a new name. A runner that knew the old name stops the
  clusters that carry it.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

from frontend.errors import FrontendError
from frontend.observability import logs
from frontend.runner.run_tag import RunTag
from frontend.storage.counters import ORPHANS_STOPPED
from sim.errors import SimError

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from sim.cluster import Backend, ClusterInfo

__all__ = ["Reaper"]

ROUND_S: Final = 10  # docs/operations.md: an orphan is gone within a minute
REAPER_LEASE_MS: Final = (
    20_000  # two rounds: another runner soon takes over from one that was killed
)
STOPPING: Final = "stopping"


class Reaper:
    """Stops orphaned clusters and removes leftovers, round after round."""

    def __init__(self, services: Services, backend: Backend, *, round_s: float = ROUND_S) -> None:
        self._services = services
        self._backend = backend
        self._round_s = round_s
        self._leader_token = secrets.token_hex(16)  # identifies this reaper in the reapers' lease
        self._names: set[str] = set()  # every name that the installation had while this runs
        self.seen: dict[str, int] = {}  # counts of the last round; empty if another runner reaps

    async def patrol(self) -> None:
        """Make rounds until cancelled; an error is logged, and ends only its own round."""
        while True:
            try:
                await self._round()
            except (FrontendError, SimError) as error:
                logs.logger(__name__).warning("round not finished", reason=str(error))
            await asyncio.sleep(self._round_s)

    async def retire(self) -> None:
        """Let another runner reap at once."""
        await asyncio.to_thread(self._services.runners.stop_leading, self._leader_token)

    async def own_clusters(self) -> list[tuple[ClusterInfo, bool]]:
        """List the clusters of this installation, and for each whether a living run owns it."""
        listed = await self._backend.clusters()
        installation = await self._name()
        living = await asyncio.to_thread(self._services.runs.living)
        owners = {RunTag(installation, *lease) for lease in living.items()}
        tagged = [(cluster, RunTag.parse(cluster.tag)) for cluster in listed]
        return [
            (cluster, tag in owners)
            for cluster, tag in tagged
            if tag is not None and tag.installation in self._names
        ]

    async def reap(self) -> list[ClusterInfo]:
        """Stop the clusters that no living run owns, and return them."""
        own = await self.own_clusters()
        orphans = [cluster for cluster, owned in own if not owned]
        self.seen = {"clusters": len(own), "orphans": len(orphans)}
        for orphan in orphans:
            if orphan.status != STOPPING:  # otherwise it was counted in an earlier round
                logs.logger(__name__).warning("orphan", cluster=orphan.name, tag=orphan.tag)
                await asyncio.to_thread(self._services.counters.add, ORPHANS_STOPPED)
            await self._backend.stop(orphan.name)
        return orphans

    async def _name(self) -> str:
        name: str = await asyncio.to_thread(self._services.runners.installation)
        self._names.add(name)
        return name

    async def _round(self) -> None:
        await self._name()
        if not await asyncio.to_thread(
            self._services.runners.lead, self._leader_token, REAPER_LEASE_MS
        ):
            self.seen = {}
            return
        await asyncio.to_thread(self._services.runs.sweep)
        await asyncio.to_thread(self._services.store.expire_due)
        await asyncio.to_thread(self._services.store.trim)
        await self.reap()
