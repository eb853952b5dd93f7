"""The reaper: stops clusters that nobody owns any more, and puts away what is over.

- A cluster of this installation whose tag has no living lease is stopped, and looked at again
  at each round until it is gone (a Gateway may answer, and not do it).
- Clusters are listed before leases: one is asked for only under a lease, so what is listed
  and has none afterwards has been left behind.
- One runner reaps at a time, under a lease of its own.
- An emptied Redis gives the installation another name: clusters under the name that it had are
  stopped by any runner that was there before.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

from frontend.errors import FrontendError
from frontend.observability import logs
from frontend.storage.counters import ORPHANS_STOPPED
from sim.errors import SimError

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from sim.cluster import Backend, ClusterInfo

__all__ = ["Reaper"]

ROUND_S: Final = 10  # docs/operations.md: an orphan is gone within a minute
LEASE_MS: Final = 20_000  # two rounds: should the one that reaps be killed, another soon does
STOPPING: Final = "stopping"


class Reaper:
    """Looks after clusters and leftovers, round after round."""

    def __init__(self, services: Services, backend: Backend, *, round_s: float = ROUND_S) -> None:
        self._services = services
        self._backend = backend
        self._round_s = round_s
        self._token = secrets.token_hex(16)
        self._names: set[str] = set()  # that the installation has had while this runner lives
        self.seen: dict[str, int] = {}  # at the last round, if this one leads

    async def patrol(self) -> None:
        """Make rounds until cancelled; what goes wrong in one is logged, and the next is made."""
        while True:
            try:
                await self._round()
            except (FrontendError, SimError) as error:
                logs.logger(__name__).warning("round not finished", reason=str(error))
            await asyncio.sleep(self._round_s)

    async def retire(self) -> None:
        """Let another runner reap at once."""
        await asyncio.to_thread(self._services.runners.stop_leading, self._token)

    async def own_clusters(self) -> list[tuple[ClusterInfo, bool]]:
        """List the clusters of this installation, each with whether a living run owns it."""
        listed = await self._backend.clusters()
        installation = await self._name()
        living = await asyncio.to_thread(self._services.runs.living)
        owners = {f"{installation}/{digest}/{token}" for digest, token in living.items()}
        own = [one for one in listed if (one.tag or "").split("/")[0] in self._names]
        return [(one, one.tag in owners) for one in own]

    async def reap(self) -> list[ClusterInfo]:
        """Stop the clusters that no living run owns, and return them."""
        own = await self.own_clusters()
        orphans = [one for one, owned in own if not owned]
        self.seen = {"clusters": len(own), "orphans": len(orphans)}
        for orphan in orphans:
            if orphan.status != STOPPING:  # else somebody has told it already
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
        if not await asyncio.to_thread(self._services.runners.lead, self._token, LEASE_MS):
            self.seen = {}
            return
        await asyncio.to_thread(self._services.runs.sweep)
        await asyncio.to_thread(self._services.store.expire_due)
        await self.reap()
