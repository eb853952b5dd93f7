"""What the charts of Redis and Dask Gateway are given; tests/integration/infra renders them."""

from __future__ import annotations

import pytest
import yaml

from infra import naming
from infra.charts import priorities, third_party
from infra.settings import Settings


@pytest.mark.parametrize(
    ("memory", "line"), [("512Mi", "maxmemory 307mb"), ("2Gi", "maxmemory 1228mb")]
)
def test_redis_gets_a_part_of_its_memory_for_data(memory: str, line: str) -> None:
    found = third_party.redis(Settings.load({"INFRA_REDIS_MEMORY": memory}))
    assert found["extraConfig"].splitlines()[-1] == line
    assert found["resources"]["limits"]["memory"] == memory
    assert found["resources"]["requests"]["memory"] == memory


def test_what_the_settings_do_not_say_is_as_the_file_has_it() -> None:
    file = yaml.safe_load((third_party.FOLDER / "redis.yaml").read_text())
    found = third_party.redis(Settings.load({}))
    assert found["resources"]["limits"]["cpu"] == file["resources"]["limits"]["cpu"]
    assert found["persistence"]["enabled"] is file["persistence"]["enabled"]
    assert found["extraConfig"].startswith(file["extraConfig"])


def test_an_encrypted_redis_has_its_secret_and_asks_no_client_for_a_certificate() -> None:
    assert not third_party.redis(Settings.load({}))["tls"]["enabled"]
    tls = third_party.redis(Settings.load({"INFRA_REDIS_TLS_SECRET": "mine"}))["tls"]
    assert tls == {
        "enabled": True,
        "existingSecret": "mine",
        "authClients": False,
        "port": naming.REDIS_PORT,
    }


def test_redis_names_a_class_that_its_release_brings() -> None:
    found = third_party.redis(Settings.load({}))
    assert found["priorityClassName"] == naming.SERVICE_PRIORITY
    assert found["extraObjects"] == priorities.classes()


def test_a_mirror_and_its_secret_reach_every_image() -> None:
    settings = Settings.load({"INFRA_REGISTRY": "mirror.example", "INFRA_IMAGE_PULL_SECRET": "key"})
    redis, gateway = third_party.redis(settings), third_party.gateway(settings)
    assert redis["global"] == {"imageRegistry": "mirror.example", "imagePullSecrets": ["key"]}
    images = {name: gateway[name]["image"]["name"] for name in ("gateway", "controller", "traefik")}
    assert images == {
        "gateway": "mirror.example/dask/dask-gateway-server",
        "controller": "mirror.example/dask/dask-gateway-server",
        "traefik": "mirror.example/traefik",
    }
    parts = [gateway["gateway"], gateway["gateway"]["backend"], gateway["controller"]]
    for part in [*parts, gateway["traefik"]]:
        assert part["imagePullSecrets"] == [{"name": "key"}]


def test_clusters_run_portas_own_image_where_the_workloads_are() -> None:
    settings = Settings.load({"INFRA_IMAGE": "r/porta", "INFRA_IMAGE_TAG": "7"})
    backend = third_party.gateway(settings)["gateway"]["backend"]
    assert (backend["image"]["name"], backend["image"]["tag"]) == ("r/porta", "7")
    assert backend["namespace"] == settings.namespace


def test_mappings_are_merged_by_key_and_everything_else_is_replaced() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}}
    over = {"a": {"c": [3]}, "d": 4, "f": {"g": 5}}
    assert third_party.merged(base, over) == {"a": {"b": 1, "c": [3]}, "d": 4, "f": {"g": 5}}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}}
