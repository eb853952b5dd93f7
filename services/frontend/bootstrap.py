"""The composition root: what a process of Porta's is made of, put together in one place.

Nothing is connected to before it is first used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend import keys
from frontend.connection import connect
from frontend.counters import Counters
from frontend.errors import SettingsError
from frontend.events import EventHub
from frontend.lately import Lately
from frontend.outlook import Outlook
from frontend.propagations import Propagations
from frontend.runners import Runners
from frontend.runs import Runs
from frontend.store import TrajectoryStore
from frontend.watch import Watched

if TYPE_CHECKING:
    import redis

    from frontend.settings import Settings

__all__ = ["Services", "build_services"]

OVERVIEWS_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What pages, API, runner and command line work with."""

    settings: Settings
    client: redis.Redis
    store: TrajectoryStore
    runs: Runs
    runners: Runners
    counters: Counters
    hub: EventHub
    propagations: Propagations
    overviews: Lately[bytes]  # compressed, by their ETags: making one takes some 30 ms
    manifests: Watched | None  # read once for many readers, where there are many

    def close(self) -> None:
        """End event streams, and close the connections."""
        self.hub.close()
        if self.manifests is not None:
            self.manifests.close()
        self.client.close()


def build_services(settings: Settings, *, many_readers: bool = False) -> Services:
    """Put the services together; raises SettingsError where it isn't said where Redis is."""
    if settings.redis_location is None:
        raise SettingsError(
            "REDIS_URL", "is needed; set it, or run `porta serve`, which brings its own Redis."
        )
    client = connect(settings.redis_location, ca=settings.redis_ca)
    manifests = Watched(client, keys.MANIFESTS) if many_readers else None
    store = TrajectoryStore(client, slice_ttl_s=settings.slice_ttl_s, manifests=manifests)
    runs = Runs(
        client,
        lease_ms=settings.lease_s * 1_000,
        max_runs=settings.max_runs,
        max_waiting=settings.max_waiting,
        result_ttl_s=settings.result_ttl_s,
    )
    runners = Runners(client)
    return Services(
        settings=settings,
        client=client,
        store=store,
        runs=runs,
        runners=runners,
        counters=Counters(client),
        hub=EventHub(client, runs),
        propagations=Propagations(settings, store, runs, Outlook(runners)),
        overviews=Lately(OVERVIEWS_BYTES, len),
        manifests=manifests,
    )
