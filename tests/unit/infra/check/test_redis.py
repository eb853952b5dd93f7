"""Redis' memory, and its pod."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra.check import redis
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded
from tests.recording_programs import Programs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LOWERED = Settings.load({"INFRA_REDIS_MEMORY": "256Mi"})


def test_more_data_than_a_lowered_memory_would_hold_is_found() -> None:
    answers = replace(recorded("healthy"), redis_bytes=200 * 2**20)
    (found,) = redis.memory(LOWERED, answers)
    assert found.sentence.startswith(
        "Redis holds 200 MiB. With redis_memory 256Mi it would get 154 MiB for data, and be full: "
    )
    assert found.command.startswith("export INFRA_REDIS_MEMORY=512Mi ")


def test_a_redis_that_would_be_killed_is_told_from_one_that_would_be_full() -> None:
    def outcome(mib: int) -> str:
        answers = replace(recorded("healthy"), redis_bytes=mib * 2**20)
        (found,) = redis.memory(LOWERED, answers)
        return found.sentence.partition(" for data, and ")[2].partition(". Set")[0]

    assert {outcome(155), outcome(256)} == {"be full: it would refuse new runs"}
    assert outcome(257) == "be killed again and again"


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
        "Redis holds more than the 100Mi that it was deployed with. Raise redis_memory and deploy."
        " That times out, because a StatefulSet does not replace a pod that is not ready; then"
    )
    deploy = "cdktf deploy infra-base infra-apps"
    assert found.command == f"{deploy} || kubectl -n sedaro delete pod redis-0 && {deploy}"


def test_its_pod_is_deleted_after_the_deployment_that_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(tmp_path, monkeypatch, "cdktf", "kubectl")
    programs.fail("cdktf", saying="context deadline exceeded")
    (found,) = redis.stuck(SETTINGS, recorded("oom"))
    subprocess.run(["sh", "-c", found.command], check=False)  # noqa: S603, S607 -- as printed
    said = [call.words[:2] for call in programs.calls()]
    assert said == [["cdktf", "deploy"], ["kubectl", "-n"], ["cdktf", "deploy"]]
