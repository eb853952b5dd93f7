"""Redis' memory, and its pod."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra.check import redis
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded

LOWERED = Settings.load({"INFRA_REDIS_MEMORY": "256Mi"})


def test_more_data_than_a_lowered_memory_would_hold_is_found() -> None:
    answers = replace(recorded("healthy"), redis_bytes=200 * 2**20)
    (found,) = redis.memory(LOWERED, answers)
    assert found.sentence.startswith(
        "Redis holds 200 MiB. With redis_memory 256Mi it would get 154 MiB for data"
    )
    assert found.command.startswith("export INFRA_REDIS_MEMORY=512Mi ")


def test_a_memory_that_holds_the_data_is_not_found() -> None:
    assert list(redis.memory(LOWERED, recorded("healthy"))) == []
    full = replace(recorded("healthy"), redis_bytes=310 * 2**20)
    assert list(redis.memory(SETTINGS, full)) == []  # nothing is lowered
    assert list(redis.memory(LOWERED, replace(full, redis_bytes=None))) == []
    assert list(redis.memory(LOWERED, replace(full, objects=[]))) == []


def test_a_pod_that_a_deployment_did_not_replace_is_found() -> None:
    def fail(pod: dict[str, Any]) -> None:
        pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]

    broken = changed(recorded("healthy"), "Pod", "redis-0", fail)
    assert list(redis.stuck(SETTINGS, broken)) == []  # it is of the newest revision
    deployed = changed(
        broken, "StatefulSet", "redis", lambda one: one["status"].update(updateRevision="redis-2")
    )
    (found,) = redis.stuck(SETTINGS, deployed)
    assert found.command == "kubectl -n sedaro delete pod redis-0"


def test_a_redis_that_exceeds_its_memory_is_found() -> None:
    (found,) = redis.stuck(SETTINGS, recorded("oom"))
    assert found.sentence.startswith(
        "Redis holds more than the 100Mi that it was deployed with. Raise redis_memory and deploy"
    )
    assert found.command == (
        "cdktf deploy infra-base infra-apps && kubectl -n sedaro delete pod redis-0"
    )
