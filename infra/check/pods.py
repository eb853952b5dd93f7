"""Pods that are not ready, and why: image, Secret, no room, quota, a crash, a failing probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.check.answers import Finding
from infra.check.releases import DEPLOY
from infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers, Object

__all__ = ["not_ready", "refused"]

ENDED: Final = {"Succeeded", "Failed"}
NO_IMAGE: Final = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
CRASHED: Final = {"CrashLoopBackOff", "RunContainerError", "StartError"}


def not_ready(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find pods that are not ready, each with its reason."""
    for pod in answers.of_kind("Pod"):
        if pod["status"].get("phase") in ENDED or "deletionTimestamp" in pod["metadata"]:
            continue
        if _condition(pod, "Ready").get("status") != "True":
            yield _reason(settings, answers, pod)


def _reason(settings: Settings, answers: Answers, pod: Object) -> Finding:
    """Return what is wrong with a pod that is not ready."""
    start, meta = _start(pod), pod["metadata"]
    describe = f"kubectl -n {meta['namespace']} describe pod {meta['name']}"
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("reason") == "Unschedulable":
        why = scheduled.get("message", "").rstrip(".")
        return Finding(
            f"{start}: no node takes it ({why}). Add nodes, or lower what the settings ask for.",
            describe,
        )
    warning = _event(answers, pod) or "it is starting"
    for container in pod["status"].get("containerStatuses", []):
        if found := _of_container(settings, container, pod, warning):
            return found
    return Finding(f"{start}: {warning}.", describe)


def _start(pod: Object) -> str:
    return f"The pod {pod['metadata']['name']} in {pod['metadata']['namespace']} is not ready"


def _of_container(
    settings: Settings, container: Object, pod: Object, warning: str
) -> Finding | None:
    """Return what is wrong with a container, None if its state says nothing."""
    name, space = pod["metadata"]["name"], pod["metadata"]["namespace"]
    waiting = container["state"].get("waiting", {})
    reason, message = waiting.get("reason", ""), waiting.get("message", "").rstrip(".")
    if reason in NO_IMAGE:
        return Finding(
            f"{_start(pod)}: the image {container['image']} can't be pulled ({reason}). Push or"
            " load it, or mend the setting that names it.",
            _image_command(settings, container["image"]),
        )
    if reason == "CreateContainerConfigError":
        return Finding(
            f"{_start(pod)}: {message}. Make what is missing; the pod then starts by itself.",
            f"kubectl -n {space} get secrets,configmaps",
        )
    ended = container.get("lastState", {}).get("terminated") or container["state"].get("terminated")
    if reason in CRASHED or ended:
        return Finding(
            f"{_start(pod)}: its container {container['name']} was started"
            f" {container['restartCount'] + 1} times; {_death(ended or {}, message)}"
            f"{'' if warning.startswith('Back-off') else f' ({warning})'}.",
            f"kubectl -n {space} logs {name} --previous --tail 20",
        )
    return None


def _death(ended: Object, message: str) -> str:
    if ended.get("reason") == "OOMKilled":
        return "the last time it was killed because it exceeded its memory"
    if "exitCode" in ended:
        return f"the last time it ended with {ended['exitCode']}"
    return message or "it does not start"


def _image_command(settings: Settings, image: str) -> str:
    """Return how an image gets to the nodes; without a registry's name it is loaded."""
    image = image.removeprefix("docker.io/library/")
    ours = image in {
        f"{one}:{settings.image_tag}" for one in (settings.image, settings.notebook_image)
    }
    if "/" in image:
        return f"docker push {image}" if ours else f"docker pull {image}    # and look at registry"
    if not ours:
        return DEPLOY
    if settings.image_tag == Settings().image_tag:
        return "make image image-load"
    # `make image` gives its images this version's tag, and no other.
    return f"make image-load TAG={settings.image_tag}    # build or tag both images first"


def refused(_settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find workloads whose pods Kubernetes refuses to make, because of the quota or a policy."""
    for one in answers.of_kind("Deployment"):
        failure = _condition(one, "ReplicaFailure")
        if failure.get("status") == "True":
            yield _refusal(one, failure.get("message", "").rstrip("."))
    for one in answers.of_kind("StatefulSet"):
        why = _event(answers, one)
        if "create Pod" in why and one["status"].get("replicas", 0) < one["spec"]["replicas"]:
            yield _refusal(one, why)


def _refusal(one: Object, why: str) -> Finding:
    name, space = one["metadata"]["name"], one["metadata"]["namespace"]
    sentence = f"Kubernetes refuses to make pods of {name} in {space}: {why}."
    if "exceeded quota" in why:
        return Finding(
            f"{sentence} The quota follows the settings: deploy them, and shut down clusters that"
            " are held in a notebook.",
            f"kubectl -n {space} describe resourcequota porta && {DEPLOY}",
        )
    return Finding(sentence, f"kubectl -n {space} get events --sort-by .lastTimestamp")


def _condition(one: Object, kind: str) -> Object:
    """Return a condition of an object, empty if it has none of that kind."""
    conditions: list[Object] = one["status"].get("conditions", [])
    return next((each for each in conditions if each["type"] == kind), {})


def _event(answers: Answers, one: Object) -> str:
    """Return the newest warning about an object, on one line; empty if there is none."""
    about = [
        (event.get("lastTimestamp") or event.get("eventTime") or "", event.get("message", ""))
        for event in answers.of_kind("Event")
        if event["type"] == "Warning"
        and event["involvedObject"].get("uid") == one["metadata"]["uid"]
    ]
    return " ".join(max(about)[1].split()).rstrip(" .") if about else ""
