"""`/metrics`: what Prometheus reads of a web, in its text format.

- What concerns the whole installation is read from Redis at each scrape: every web tells the
  same, so it is to be taken once (`max`), not added up. Without Redis there is none of it.
- What this web has counted itself comes from `metrics.py`: that adds up.

What each means, and what to do about it: docs/operations.md.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import NoPermissionError

from frontend.errors import StorageError, StorageUnavailable
from frontend.observability import process_metrics
from frontend.runs.run_counts import count_runs
from frontend.runs.runner_status import gateway_says
from frontend.storage import counters
from frontend.storage.connection import storage_errors
from frontend.web.context import services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from frontend.bootstrap import Services

__all__ = ["InstallationCollector", "blueprint"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"  # the Prometheus text format

blueprint = Blueprint("scrape", __name__)


@blueprint.get("/metrics")
def scrape() -> Response:
    """Tell how much is going on, in the whole installation and in this web."""
    whole = CollectorRegistry()
    whole.register(InstallationCollector(services()))
    told = generate_latest(whole) + generate_latest(process_metrics.all_processes())
    response = Response(told, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


class InstallationCollector(Collector):
    """Reads Redis when it is asked."""

    def __init__(self, of: Services) -> None:
        self._services = of

    def describe(self) -> Iterator[Metric]:
        """Name nothing beforehand, so that registering reads nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield what is known; without Redis that it is away, and what is set."""
        settings = self._services.settings
        build = GaugeMetricFamily("porta_build_info", "The version of Porta.", labels=["version"])
        build.add_metric((version("porta"),), 1)
        yield build
        threads = settings.threads * settings.processes
        yield GaugeMetricFamily("porta_http_threads", "Threads of this web.", threads)
        yield _gauge("runs_limit", "The most runs that hold clusters.", settings.max_runs)
        yield _gauge("line_limit", "The most runs that wait.", settings.max_waiting)
        try:
            found = [*self._work(), *self._redis()]
        except StorageError:
            found = []
        yield _gauge("redis_up", "Whether Redis answers.", bool(found))
        yield from found

    def _work(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("porta_runs", "Runs that are not over.", labels=["state"])
        for state, number in count_runs(self._services.client).items():
            runs.add_metric((state,), number)
        yield runs
        yield _gauge("results", "Results that are stored.", self._services.store.stored())
        runners = self._services.runners.alive()
        healthy = gateway_says(runners) == "ok"
        yield _gauge("runners_alive", "Runners that were heard of lately.", len(runners))
        yield _gauge("gateway_up", "Whether a runner finds its Gateway healthy.", healthy)
        yield from _clusters(runners)
        yield from counters.families(self._services.counters.read())

    def _redis(self) -> Iterator[Metric]:
        """Yield how full Redis is; nothing where its user may not ask."""
        try:
            with storage_errors():
                info: dict[str, Any] = self._services.client.info("memory", "stats")
        except StorageUnavailable as error:
            if isinstance(error.__cause__, NoPermissionError):
                return
            raise
        yield _gauge("redis_memory_bytes", "Memory that Redis uses.", info["used_memory"])
        yield _gauge("redis_memory_limit_bytes", "What it may use; 0: all.", info["maxmemory"])
        yield CounterMetricFamily(
            "porta_redis_evicted_keys",
            "Slices that Redis threw away for want of memory.",
            info["evicted_keys"],
        )


def _clusters(runners: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    """Yield how many clusters the runner that looks after them has seen; none looks: nothing."""
    told = [one for one in runners.values() if "clusters" in one]
    if told:
        last = min(told, key=lambda one: one["age_ms"])
        yield _gauge("clusters", "Clusters of this installation.", last["clusters"])
        yield _gauge("clusters_orphaned", "Those that no living run owns.", last["orphans"])


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"porta_{name}", says, value)
