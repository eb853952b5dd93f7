"""The PriorityClasses: which pods have to go when a node is full.

- Workers stand below every other pod. Kubernetes takes their place for a web, a runner, Redis or a
  pod of others that finds no room; a worker that goes costs at most the task that it computes.
- Schedulers stand above workers, as a pod without a class does, but make no pod go, and neither do
  workers: a run that waits for its cluster takes nothing from one that has its own.
- Workers are not below -10, from which on the cluster autoscaler adds no node for a pod.
- Redis' release brings them, because its pods are the first that name one: Kubernetes refuses a
  pod whose class is missing.
"""

from __future__ import annotations

from typing import Any, Final

from infra import naming

__all__ = ["classes"]

# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md: the cutoff is -10
WORKER: Final = -1
SCHEDULER: Final = 0  # as a pod without a class
SERVICE: Final = 1_000


def classes() -> list[dict[str, Any]]:
    """Return the objects."""
    return [
        _named(
            naming.SERVICE_PRIORITY,
            value=SERVICE,
            description="Porta's web, runner, notebook and Redis.",
        ),
        _named(
            naming.SCHEDULER_PRIORITY,
            value=SCHEDULER,
            preemptionPolicy="Never",
            description="Schedulers of Porta's clusters; one that goes costs its whole cluster.",
        ),
        _named(
            naming.WORKER_PRIORITY,
            value=WORKER,
            preemptionPolicy="Never",
            description="Workers of Porta's clusters; one that goes costs at most a task.",
        ),
    ]


def _named(name: str, **said: object) -> dict[str, Any]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "porta"}},
        **said,
    }
