"""What those who keep Porta running ask: is it alive, is it ready, how much is going on.

All three are answered while Redis is away: alive says nothing about it, ready says that it is,
and the metrics count it as down.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from frontend.access import services
from frontend.errors import StorageError
from frontend.replies import json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.services import Services

__all__ = ["PortaCollector", "blueprint", "readiness"]

OK: Final = "ok"
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"  # the Prometheus text format

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer, which is all that it says."""
    return json_reply({"status": OK})


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether a propagation that is asked for now can be computed."""
    checks = readiness(services())
    good = all(said == OK for said in checks.values())
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return json_reply({"status": OK if good else "not ready", "checks": checks}, status)


def readiness(of: Services) -> dict[str, str]:
    """Check Redis, the runners, and what the runners say of their Gateway; a sentence for each."""
    try:
        runners = of.runners.alive()
    except StorageError as error:
        return {"redis": error.detail, "runner": "Not known.", "gateway": "Not known."}
    if not runners:
        return {"redis": OK, "runner": "No runner has said anything lately.", "gateway": "Unknown."}
    return {"redis": OK, "runner": OK, "gateway": _gateway(runners)}


def _gateway(runners: Mapping[str, Mapping[str, Any]]) -> str:
    """Return ok if it is for any runner, else what one of them says."""
    said = {str(info.get("gateway", OK)) for info in runners.values()}
    return OK if OK in said else min(said)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give the metrics of the whole installation, read from Redis now."""
    registry = CollectorRegistry()
    registry.register(PortaCollector(services()))
    response = Response(generate_latest(registry), content_type=METRICS_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


class PortaCollector(Collector):
    """Reads Redis at each scrape; every replica of the web tells the same."""

    def __init__(self, of: Services) -> None:
        self._services = of

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing beforehand, so that registering reads nothing."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the metrics; without Redis there is one, which says so."""
        up = GaugeMetricFamily("porta_redis_up", "Whether Redis answers.")
        try:
            found = list(self._read())
        except StorageError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield from found

    def _read(self) -> Iterator[GaugeMetricFamily]:
        runs, line = self._services.runs.living(), self._services.runs.line_length()
        by_state = GaugeMetricFamily("porta_runs", "Runs that are not over.", labels=["state"])
        by_state.add_metric(("running",), len(runs))
        by_state.add_metric(("waiting",), line)
        yield by_state
        yield GaugeMetricFamily(
            "porta_runs_limit",
            "The most runs that hold clusters at a time.",
            self._services.settings.max_runs,
        )
        yield GaugeMetricFamily(
            "porta_results", "Results that are stored.", self._services.store.stored()
        )
        runners = self._services.runners.alive()
        yield GaugeMetricFamily(
            "porta_runners_alive", "Runners that were heard of lately.", len(runners)
        )
        yield GaugeMetricFamily(
            "porta_gateway_up",
            "Whether a runner finds its Gateway healthy.",
            float(bool(runners) and _gateway(runners) == OK),
        )
