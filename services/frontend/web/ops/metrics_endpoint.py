"""`/metrics`, in the text format of Prometheus.

- Metrics of the whole installation are read from Redis at each scrape. Every web reports the same
  values, so queries take their maximum and not their sum. Without Redis they are absent.
- Metrics of this web come from `observability.process_metrics`, and add up.

docs/operations.md explains each metric, and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import NoPermissionError

from frontend.errors import StorageError, StorageUnavailable
from frontend.observability import process_metrics
from frontend.runs.run_counts import count_runs
from frontend.runs.runner_status import OK, gateway_says
from frontend.storage import counters
from frontend.storage.connection import storage_errors
from frontend.web.context import services
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from frontend.bootstrap import Services

__all__ = ["InstallationCollector", "blueprint"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"  # the Prometheus text format

blueprint = Blueprint("scrape", __name__)


@blueprint.get("/metrics")
def scrape() -> Response:
    """Return the metrics of the installation and of this web."""
    installation = CollectorRegistry()
    installation.register(InstallationCollector(services()))
    text = generate_latest(installation) + generate_latest(process_metrics.all_processes())
    response = Response(text, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


class InstallationCollector(Collector):
    """Reads the metrics of the installation from Redis, at each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that registering the collector reads nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the settings and, if Redis answers, the state of the installation."""
        settings = self._services.settings
        build = GaugeMetricFamily("porta_build_info", "The version of Porta.", labels=["version"])
        build.add_metric((VERSION,), 1)
        yield build
        threads = settings.threads * settings.processes
        yield GaugeMetricFamily("porta_http_threads", "Threads of this web.", threads)
        yield _gauge("runs_limit", "The most runs that hold clusters.", settings.max_runs)
        yield _gauge("line_limit", "The most runs that wait.", settings.max_waiting)
        try:
            state = [*self._work(), *self._redis()]
        except StorageError:
            state = []
        yield _gauge("redis_up", "Whether Redis answers.", bool(state))
        yield from state

    def _work(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("porta_runs", "Runs that are not over.", labels=["state"])
        for state, number in count_runs(self._services.client).items():
            runs.add_metric((state,), number)
        yield runs
        yield _gauge("results", "Results that are stored.", self._services.store.stored())
        runners = self._services.runners.alive()
        healthy = gateway_says(runners) == OK
        yield _gauge("runners_alive", "Runners that were heard of lately.", len(runners))
        yield _gauge("gateway_up", "Whether a runner finds its Gateway healthy.", healthy)
        yield from _clusters(runners)
        yield from counters.families(self._services.counters.read())

    def _redis(self) -> Iterator[Metric]:
        """Yield how full Redis is; nothing if Porta's user of Redis may not read that."""
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
    """Yield the clusters that the runner which reaps has counted; nothing if none has."""
    reports = [report for report in runners.values() if "clusters" in report]
    if reports:
        newest = min(reports, key=lambda report: report["age_ms"])
        yield _gauge("clusters", "Clusters of this installation.", newest["clusters"])
        yield _gauge("clusters_orphaned", "Those that no living run owns.", newest["orphans"])


def _gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"porta_{name}", description, value)
