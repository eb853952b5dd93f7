"""The quotas of the namespaces, computed from the settings.

The quota holds every pod that the settings allow, and no more. It follows `max_runs` and the sizes,
so a cluster is never refused because a quota was not raised with them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from infra.charts import schedulers, third_party
from infra.charts.porta import values as porta_values
from infra.settings.quantities import cores, cpu, mebibytes, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.settings import Settings

__all__ = ["GATEWAY", "workloads"]

GATEWAY: Final = {"pods": "20", "services.nodeports": "0", "services.loadbalancers": "0"}
_NOTEBOOK_CLUSTERS: Final = 1  # that a notebook's user may hold beside the runs


def workloads(settings: Settings) -> dict[str, str]:
    """Return the quota of the namespace of web, runner, notebook, clusters and Redis."""
    pods = list(_pods(settings))
    count = sum(number for number, _ in pods)
    total = {
        f"{kind}.{what}": write(
            sum((number * read(each[kind][what]) for number, each in pods), Fraction())
        )
        for kind in ("requests", "limits")
        for what, read, write in (("cpu", cores, cpu), ("memory", mebibytes, memory))
    }
    return {
        **total,
        "pods": str(count + 10),  # pods that have ended count too
        "persistentvolumeclaims": "5",
        "services.loadbalancers": "0",
        "services.nodeports": "1" if settings.exposure == "nodeport" else "0",
    }


def _pods(settings: Settings) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each kind of pod: how many there may be, and the resources of each."""
    values = porta_values.of(settings)
    yield settings.web_replicas_limit + 1, values["web"]["resources"]  # one more during an update
    yield settings.runner_replicas + 1, values["runner"]["resources"]
    yield int(settings.notebook), values["notebook"]["resources"]
    yield 1, third_party.redis(settings)["resources"]
    # Twice: the cluster of the run before may still be stopping.
    clusters = 2 * settings.max_runs + _NOTEBOOK_CLUSTERS * settings.notebook
    scheduler = schedulers.largest(settings)
    yield clusters, _same(cpu(scheduler.cores), memory(scheduler.mebibytes))
    yield clusters * settings.max_workers, _same(str(settings.worker_cores), settings.worker_memory)


def _same(number: str, size: str) -> dict[str, Any]:
    """Return requests that equal limits."""
    resources = {"cpu": number, "memory": size}
    return {"requests": resources, "limits": resources}
