"""Redis: more data than its memory would hold, and a pod that no deployment replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import naming
from infra.charts import third_party
from infra.check.answers import Finding
from infra.check.quantity import number
from infra.check.releases import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers, Object
    from infra.settings import Settings

__all__ = ["memory", "stuck"]


def memory(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find that `redis_memory` would be lowered below what Redis holds."""
    deployed = _limit(answers)
    if answers.redis_bytes is None or deployed is None:
        return
    wanted = number(settings.redis_memory)
    for_data = wanted * third_party.FOR_DATA
    if wanted < number(deployed) and answers.redis_bytes > for_data:
        outcome = (
            "be killed again and again"
            if answers.redis_bytes > wanted
            else "be full: it would refuse new runs"
        )
        yield Finding(
            f"Redis holds {answers.redis_bytes / 2**20:.0f} MiB. With redis_memory"
            f" {settings.redis_memory} it would get {float(for_data) / 2**20:.0f} MiB for data, and"
            f" {outcome}. Set redis_memory back to {deployed}.",
            f"export INFRA_REDIS_MEMORY={deployed}    # unless the file has it",
        )


def stuck(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find a Redis that exceeds its memory, or whose pod a deployment did not replace."""
    name, space = f"{naming.REDIS_RELEASE}-0", settings.namespace
    named = (one for one in answers.of_kind("Pod") if one["metadata"]["name"] == name)
    pod = next(named, None)
    if pod is None or _ready(pod):
        return
    revision = pod["metadata"].get("labels", {}).get("controller-revision-hash")
    replaces = "a StatefulSet does not replace a pod that is not ready"
    delete = f"kubectl -n {space} delete pod {name}"
    if any(one["status"].get("updateRevision") != revision for one in _stateful(answers)):
        yield Finding(
            f"The pod {name} in {space} is of an earlier deployment, and {replaces}. Delete it: it"
            " comes back as deployed, with its volume.",
            delete,
        )
    elif _killed(pod):
        yield Finding(
            f"Redis holds more than the {_limit(answers)} that it was deployed with. Raise"
            f" redis_memory and deploy. That times out, because {replaces}; then delete the pod"
            f" {name}, which comes back with the new memory, and deploy once more.",
            f"{DEPLOY} || {delete} && {DEPLOY}",
        )


def _stateful(answers: Answers) -> list[Object]:
    sets = answers.of_kind("StatefulSet")
    return [one for one in sets if one["metadata"]["name"] == naming.REDIS_RELEASE]


def _killed(pod: Object) -> bool:
    """Whether a container of the pod exceeded its memory."""
    return any(
        one.get(when, {}).get("terminated", {}).get("reason") == "OOMKilled"
        for one in pod["status"].get("containerStatuses", [])
        for when in ("state", "lastState")
    )


def _limit(answers: Answers) -> str | None:
    for one in _stateful(answers):
        for container in one["spec"]["template"]["spec"]["containers"]:
            limit: str | None = container["resources"].get("limits", {}).get("memory")
            return limit
    return None


def _ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
