"""Pods that are not ready, and pods that can't be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.check import pods
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded

if TYPE_CHECKING:
    from infra.check.answers import Answers, Finding


def about(answers: Answers, name: str) -> Finding:
    """Return the finding about a pod whose name starts with this."""
    (found,) = (
        one
        for one in pods.not_ready(SETTINGS, answers)
        if one.sentence.startswith(f"The pod {name}")
    )
    return found


def in_state(state: dict[str, Any], last: dict[str, Any] | None = None) -> Answers:
    """Return the recorded answers, with the runner's container in another state."""

    def change(pod: dict[str, Any]) -> None:
        pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
        (container,) = pod["status"]["containerStatuses"]
        container.update(state=state, lastState=last or {}, restartCount=4)

    return changed(recorded("healthy"), "Pod", "runner", change)


def test_ready_pods_are_not_found() -> None:
    assert list(pods.not_ready(SETTINGS, recorded("healthy"))) == []
    assert list(pods.refused(SETTINGS, recorded("healthy"))) == []


def test_a_pod_that_has_ended_or_is_ending_is_not_found() -> None:
    gone = in_state({})
    gone = changed(gone, "Pod", "runner", lambda one: one["metadata"].update(deletionTimestamp="x"))
    assert list(pods.not_ready(SETTINGS, gone)) == []
    ended = changed(in_state({}), "Pod", "runner", lambda one: one["status"].update(phase="Failed"))
    assert list(pods.not_ready(SETTINGS, ended)) == []


def test_an_image_that_cannot_be_pulled_is_named() -> None:
    found = about(recorded("image"), "web")
    assert "the image porta:9.9.9 can't be pulled (" in found.sentence
    assert found.command.endswith("cdktf deploy infra-base infra-apps")


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("porta:0.1.0", "make image image-load"),
        ("docker.io/library/porta:0.1.0", "make image image-load"),
        ("registry.example.com/redis:8", "docker pull registry.example.com/redis:8 "),
    ],
)
def test_an_image_is_brought_to_the_nodes_by_its_kind(image: str, command: str) -> None:
    answers = in_state({"waiting": {"reason": "ErrImagePull"}})

    def name(pod: dict[str, Any]) -> None:
        pod["status"]["containerStatuses"][0]["image"] = image

    assert about(changed(answers, "Pod", "runner", name), "runner").command.startswith(command)


def test_an_image_of_another_tag_than_this_version_is_loaded_by_its_tag() -> None:
    answers = in_state({"waiting": {"reason": "ErrImagePull"}})
    answers = changed(
        answers,
        "Pod",
        "runner",
        lambda pod: pod["status"]["containerStatuses"][0].update(image="porta:0.2.0"),
    )
    given = Settings.load({"INFRA_IMAGE_TAG": "0.2.0"})
    (found,) = pods.not_ready(given, answers)
    assert found.command == "make image-load TAG=0.2.0    # build or tag both images first"


def test_a_secret_that_is_missing_is_named() -> None:
    found = about(recorded("secret"), "runner")
    assert 'secret "porta-dask-gateway" not found' in found.sentence
    assert "Make what is missing; the pod then starts by itself." in found.sentence


def test_a_pod_without_room_is_found() -> None:
    found = about(recorded("pending"), "web")
    assert "no node takes it (0/1 nodes are available: " in found.sentence
    assert found.command.startswith("kubectl -n sedaro describe pod web-")


def test_a_pod_that_exceeds_its_memory_is_found() -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    killed = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    found = about(in_state(waiting, killed), "runner")
    assert (
        "its container runner was started 5 times; the last time it was killed because it"
        " exceeded its memory" in found.sentence
    )


def test_a_pod_that_crashes_is_found_with_the_command_for_its_log() -> None:
    found = about(recorded("crash"), "runner")
    assert "its container runner was started" in found.sentence
    assert "the last time it ended with " in found.sentence
    assert found.command.startswith("kubectl -n sedaro logs runner-")


def test_a_pod_whose_probe_fails_is_found_with_the_newest_warning() -> None:
    found = about(recorded("starting"), "traefik-dask-gateway")
    assert "probe failed" in found.sentence
    found = about(in_state({"running": {}}), "runner")
    assert found.sentence.endswith(" has sent a heartbeat in the last 15 seconds.")
    assert found.command.startswith("kubectl -n sedaro describe pod runner-")


def test_pods_that_the_quota_refuses_are_found() -> None:
    (found,) = pods.refused(SETTINGS, recorded("quota"))
    assert found.sentence.startswith("Kubernetes refuses to make pods of web in sedaro: ")
    assert "exceeded quota: porta" in found.sentence
    assert found.command == (
        "kubectl -n sedaro describe resourcequota porta && cdktf deploy infra-base infra-apps"
    )


def test_a_stateful_set_whose_pods_are_refused_is_found() -> None:
    answers = changed(
        recorded("healthy"), "StatefulSet", "redis", lambda one: one["status"].update(replicas=0)
    )
    (redis,) = (one for one in answers.of_kind("StatefulSet"))
    answers.objects.append(
        {
            "kind": "Event",
            "metadata": {"name": "redis.1", "namespace": "sedaro"},
            "type": "Warning",
            "message": "create Pod redis-0 in StatefulSet redis failed error: pods is forbidden:"
            " violates PodSecurity",
            "lastTimestamp": "2026-11-29T06:00:00Z",
            "involvedObject": {"uid": redis["metadata"]["uid"]},
        }
    )
    (found,) = pods.refused(SETTINGS, answers)
    assert "violates PodSecurity" in found.sentence
    assert found.command.startswith("kubectl -n sedaro get events")
