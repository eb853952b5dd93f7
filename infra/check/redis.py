"""Redis: more data than its memory would hold, and a pod that no deployment replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import naming
from infra.charts import third_party
from infra.check.answers import Finding
from infra.check.quantity import number

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
        yield Finding(
            f"Redis holds {answers.redis_bytes / 2**20:.0f} MiB. With redis_memory"
            f" {settings.redis_memory} it would get {float(for_data) / 2**20:.0f} MiB for data, and"
            f" be killed again and again. Set redis_memory back to {deployed}.",
            f"export INFRA_REDIS_MEMORY={deployed}    # unless the file has it",
        )


def stuck(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find a pod of an older revision that is not ready: a StatefulSet does not replace it."""
    wanted = {
        one["metadata"]["name"]: one["status"].get("updateRevision")
        for one in answers.of_kind("StatefulSet")
    }.get(naming.REDIS_RELEASE)
    for pod in answers.of_kind("Pod"):
        name, labels = pod["metadata"]["name"], pod["metadata"].get("labels", {})
        if name != f"{naming.REDIS_RELEASE}-0" or wanted is None or _ready(pod):
            continue
        if labels.get("controller-revision-hash") != wanted:
            yield Finding(
                f"The pod {name} in {settings.namespace} is of an earlier deployment and not ready;"
                " a StatefulSet does not replace such a pod. Delete it: it comes back as deployed,"
                " with its volume.",
                f"kubectl -n {settings.namespace} delete pod {name}",
            )


def _limit(answers: Answers) -> str | None:
    for one in answers.of_kind("StatefulSet"):
        if one["metadata"]["name"] == naming.REDIS_RELEASE:
            for container in one["spec"]["template"]["spec"]["containers"]:
                limit: str | None = container["resources"].get("limits", {}).get("memory")
                return limit
    return None


def _ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
