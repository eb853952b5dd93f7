from __future__ import annotations

from typing import TYPE_CHECKING

from frontend import create_app
from frontend.bootstrap import build_services
from frontend.domain.waiting import NO_RUNNER
from frontend.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import redis
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

AWAY = Settings(redis_url="redis://127.0.0.1:1")


def without_redis() -> FlaskClient:
    return create_app(services=build_services(AWAY)).test_client()


def test_alive_says_nothing_about_others() -> None:
    assert without_redis().get("/healthz").get_json() == {"status": "ok"}


def test_without_redis_it_is_not_ready() -> None:
    answer = without_redis().get("/readyz")
    assert answer.status_code == 503
    assert "storage" in answer.get_json()["checks"]["redis"]


def test_without_a_runner_it_is_not_ready(web: FlaskClient) -> None:
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["redis"] == "ok"
    assert answer.get_json()["checks"]["runner"] == NO_RUNNER.sentence
    unknown = without_redis().get("/readyz").get_json()["checks"]["gateway"]
    assert answer.get_json()["checks"]["gateway"] == unknown


def test_with_a_runner_and_its_gateway_it_is_ready(web: FlaskClient, services: Services) -> None:
    services.runners.heartbeat("runner", {"gateway": "ok"})
    answer = web.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ok"


def test_with_a_runner_whose_gateway_is_away_it_is_not_ready(
    web: FlaskClient, services: Services
) -> None:
    services.runners.heartbeat("runner", {"gateway": "It can't be reached."})
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["gateway"] == "It can't be reached."


def test_a_redis_that_takes_no_writes_is_not_ready(
    web: FlaskClient, services: Services, redis_client: redis.Redis
) -> None:
    services.runners.heartbeat("runner", {"gateway": "ok"})
    redis_client.config_set("min-replicas-to-write", 1)
    try:
        answer = web.get("/readyz")
    finally:
        redis_client.config_set("min-replicas-to-write", 0)
    assert answer.status_code == 503
    assert "NOREPLICAS" in answer.get_json()["checks"]["redis"]


def test_a_full_redis_is_not_ready(
    web: FlaskClient, services: Services, redis_client: redis.Redis
) -> None:
    services.runners.heartbeat("runner", {"gateway": "ok"})
    redis_client.config_set("maxmemory", 1)
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert "full" in answer.get_json()["checks"]["redis"]


def test_a_data_folder_that_cannot_be_written_is_not_ready(redis_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    services = build_services(Settings(redis_url=redis_url, data=str(folder)))
    services.runners.heartbeat("runner", {"gateway": "ok"})
    web = create_app(services=services).test_client()
    assert web.get("/readyz").get_json()["checks"]["data"] == "ok"
    folder.rmdir()
    answer = web.get("/readyz")
    services.close()
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["redis"] == "ok"
    assert "can't be written (No such file" in answer.get_json()["checks"]["data"]
    assert str(folder) not in answer.text, "anyone may ask"


def test_one_runner_with_a_healthy_gateway_is_enough(web: FlaskClient, services: Services) -> None:
    services.runners.heartbeat("one", {"gateway": "It can't be reached."})
    services.runners.heartbeat("two", {"gateway": "ok"})
    assert web.get("/readyz").status_code == 200
