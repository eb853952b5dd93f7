"""The PriorityClasses: which pods have to go when a node is full.

- Workers stand below every other pod, and never make another pod go. Kubernetes takes their place
  for a web, a runner or Redis that finds no room; a worker that goes costs at most the task that it
  computes.
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
SERVICE: Final = 1_000  # a pod without a class, such as a scheduler of Dask, has 0


def classes() -> list[dict[str, Any]]:
    """Return the objects."""
    return [
        _named(
            naming.SERVICE_PRIORITY,
            value=SERVICE,
            description="Porta's web, runner, notebook and Redis.",
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
