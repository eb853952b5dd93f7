"""Claims about `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from frontend import create_app
from frontend.bootstrap import build_services
from frontend.settings import Settings
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    import redis
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services
    from tests.redis_servers import RedisServer

AWAY = Settings(redis_url="redis://127.0.0.1:1")


def metrics(web: FlaskClient) -> dict[str, float]:
    """Read the metrics as Prometheus does: by name, with the labels' values."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(web.get("/metrics").text)
        for sample in family.samples
    }


def test_runs_results_and_runners_are_counted(web: FlaskClient, services: Services) -> None:
    web.post("/api/v1/propagations", json={"steps": 500})
    web.post("/api/v1/propagations", json={"steps": 200_000})
    services.runners.heartbeat("runner", {"gateway": "ok", "clusters": 3, "orphans": 1})
    samples = metrics(web)
    expected = {
        "porta_redis_up": 1,
        "porta_runs queued": 1,
        "porta_runs running": 0,
        "porta_runs_limit": 4,
        "porta_line_limit": 100,
        "porta_results": 1,
        "porta_results_published_total asked": 1,
        "porta_runners_alive": 1,
        "porta_gateway_up": 1,
        "porta_clusters": 3,
        "porta_clusters_orphaned": 1,
        "porta_http_threads": 1_280,
    }
    assert {name: samples[name] for name in expected} == expected
    assert samples["porta_redis_memory_bytes"] > 0


def test_a_run_that_has_an_owner_counts_as_starting(web: FlaskClient, services: Services) -> None:
    request = PropagationRequest(200_000)
    services.propagations.start(request)
    services.runs.acquire(request.trajectory.digest, "token", "runner")
    assert metrics(web)["porta_runs starting"] == 1
    assert metrics(web)["porta_runs queued"] == 0


def test_without_a_reapers_report_no_clusters_are_counted(web: FlaskClient) -> None:
    assert "porta_clusters" not in metrics(web)
    assert metrics(web)["porta_gateway_up"] == 0


def test_without_redis_the_metrics_say_so_and_what_this_web_knows() -> None:
    samples = metrics(create_app(services=build_services(AWAY)).test_client())
    assert samples["porta_redis_up"] == 0
    assert "porta_runs queued" not in samples
    assert "porta_event_streams" in samples


def test_without_the_statistics_of_redis_all_other_metrics_are_there(
    redis_client: redis.Redis, redis_server: RedisServer
) -> None:
    redis_client.acl_setuser(
        "limited", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-info"]
    )
    settings = Settings(redis_url=redis_server.url.replace("redis://", "redis://limited:any@"))
    samples = metrics(create_app(services=build_services(settings)).test_client())
    redis_client.acl_deluser("limited")
    assert samples["porta_redis_up"] == 1
    assert "porta_runs queued" in samples
    assert "porta_redis_memory_bytes" not in samples


@pytest.mark.parametrize("path", ["/no/such/path", "/propagate/7/data.js/x"])
def test_a_path_that_somebody_made_up_is_no_label(web: FlaskClient, path: str) -> None:
    web.get(path)
    samples = metrics(web)
    assert samples["porta_http_requests_total GET none 404"] >= 1
    assert not [name for name in samples if path in name]
