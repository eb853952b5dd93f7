"""How much the namespaces may hold: what the settings come to, and nothing beyond.

So whoever raises `max_runs` raises the quota with it, and a cluster is never refused for want of
a number that somebody forgot.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from infra.charts import third_party
from infra.charts.porta import values as own
from infra.settings.quantities import cores, cpu, mebibytes, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.settings import Settings

__all__ = ["GATEWAY", "workloads"]

GATEWAY: Final = {"pods": "20", "services.nodeports": "0", "services.loadbalancers": "0"}
_NOTEBOOKS_CLUSTERS: Final = 1  # that somebody may hold beside the runs


def workloads(settings: Settings) -> dict[str, str]:
    """Return the quota of the namespace in which web, runner, clusters and Redis are."""
    pods = list(_pods(settings))
    count = sum(number for number, _ in pods)
    total = {
        f"{kind}.{what}": write(
            sum((number * read(said[kind][what]) for number, said in pods), Fraction())
        )
        for kind in ("requests", "limits")
        for what, read, write in (("cpu", cores, cpu), ("memory", mebibytes, memory))
    }
    return {
        **total,
        "pods": str(count + 10),  # those that have ended count, too
        "persistentvolumeclaims": "5",
        "services.loadbalancers": "0",
        "services.nodeports": "1" if settings.exposure == "nodeport" else "0",
    }


def _pods(settings: Settings) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each kind of pod: how many there may be, and what each asks for."""
    said = own.of(settings)
    yield settings.web_replicas_limit + 1, said["web"]["resources"]  # one more while it rolls
    yield settings.runner_replicas + 1, said["runner"]["resources"]
    yield int(settings.notebook), said["notebook"]["resources"]
    yield 1, third_party.redis(settings)["resources"]
    # Twice: that of the run before may still be going.
    clusters = 2 * settings.max_runs + _NOTEBOOKS_CLUSTERS * settings.notebook
    yield clusters, _same(settings.scheduler_cores, settings.scheduler_memory)
    yield clusters * settings.max_workers, _same(settings.worker_cores, settings.worker_memory)


def _same(number: float, size: str) -> dict[str, Any]:
    """Return requests that equal limits."""
    told = {"cpu": str(number), "memory": size}
    return {"requests": told, "limits": told}
