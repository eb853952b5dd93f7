"""The composition root: builds the services that a process of Porta consists of.

A service connects when it is first used, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from frontend.admission import Admission, economise
from frontend.caching import SingleFlightCache, divide_between
from frontend.errors import SettingsError
from frontend.propagations.service import Propagations
from frontend.results.ensemble_store import EnsembleStore
from frontend.results.export_folder import ExportFolder, default_folder
from frontend.results.slice_cache import RedisSliceCache
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.event_hub import EventHub
from frontend.runs.run_queue import RunQueue
from frontend.runs.runner_registry import RunnerRegistry
from frontend.runs.runner_status import RunnerStatus
from frontend.storage import keys
from frontend.storage.client_side_cache import KEPT_BYTES, ClientSideCache
from frontend.storage.connection import connect
from frontend.storage.counters import Counters

if TYPE_CHECKING:
    import redis

    from frontend.propagations.ensembles import Ensembles
    from frontend.settings import Settings

__all__ = ["Services", "build_services"]

OVERVIEWS_BYTES: Final = 24 * 2**20
PICTURES_BYTES: Final = 4 * 2**20  # some fifty densities, or two hundred runs
LEAST_MEMORY: Final = 16 * 2**20  # for reads: one file, and small ones
THREADS_BY_WAITER: Final = 4  # a fourth of the threads wait for turns, a fourth for places, and a
# fourth write files: the last fourth always answers what is cheap


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services that pages, API, runner and command line use."""

    settings: Settings
    client: redis.Redis
    store: TrajectoryStore
    ensemble_store: EnsembleStore
    runs: RunQueue
    runners: RunnerRegistry
    counters: Counters
    hub: EventHub
    propagations: Propagations
    admission: Admission
    overviews: SingleFlightCache[bytes]  # compressed, by ETag: making one takes some 30 ms
    pictures: SingleFlightCache[bytes]  # by ETag
    exports: ExportFolder  # finished files, for HEAD and Range
    manifests: ClientSideCache | None  # only in a web process, which reads the same ones often

    def slice_cache(self, digest: str) -> RedisSliceCache:
        """Return the cache of a trajectory's slices."""
        return RedisSliceCache(self.client, digest, self.settings.slice_ttl_s)

    @property
    def ensembles(self) -> Ensembles:
        """The results of ensembles."""
        return self.propagations.ensembles

    def close(self) -> None:
        """End event streams, and close the connections."""
        self.hub.close()
        if self.manifests is not None:
            self.manifests.close()
        self.client.close()


def build_services(settings: Settings, *, many_readers: bool = False) -> Services:
    """Build the services; raises SettingsError where no Redis is configured."""
    if settings.redis_location is None:
        raise SettingsError(
            "REDIS_URL", "is needed; set it, or run `porta serve`, which brings its own Redis."
        )
    if many_readers:
        economise()
    divide_between(settings.processes)
    waiters = max(1, settings.threads // THREADS_BY_WAITER)
    admission = Admission(
        memory=max(LEAST_MEMORY, settings.read_memory // settings.processes), waiters=waiters
    )
    client = connect(settings.redis_location, ca=settings.redis_ca)
    kept_bytes = KEPT_BYTES // settings.processes
    manifests = (
        ClientSideCache(client, keys.MANIFESTS, kept_bytes=kept_bytes) if many_readers else None
    )
    store = TrajectoryStore(client, manifests=manifests, inline_storage=settings.inline_storage)
    runs = RunQueue(
        client,
        lease_ms=settings.lease_s * 1_000,
        max_runs=settings.max_runs,
        max_waiting=settings.max_waiting,
        result_ttl_s=settings.result_ttl_s,
        wait_limit_s=settings.wait_limit_s,
    )
    runners = RunnerRegistry(client)
    ensemble_store = EnsembleStore(client, block_ttl_s=settings.slice_ttl_s)
    propagations = Propagations(
        settings, store, ensemble_store, runs, RunnerStatus(runners), admission
    )
    return Services(
        settings=settings,
        client=client,
        store=store,
        ensemble_store=ensemble_store,
        runs=runs,
        runners=runners,
        counters=Counters(client),
        hub=EventHub(client, runs),
        propagations=propagations,
        admission=admission,
        overviews=SingleFlightCache(OVERVIEWS_BYTES, len),
        pictures=SingleFlightCache(PICTURES_BYTES, len),
        exports=_exports(settings, waiters),
        manifests=manifests,
    )


def _exports(settings: Settings, waiters: int) -> ExportFolder:
    folder = default_folder() if settings.export_folder is None else Path(settings.export_folder)
    return ExportFolder(folder, settings.export_cache, waiters=waiters)
