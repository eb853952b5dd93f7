"""Profiles: the defaults of a small machine and of a cloud, which `INFRA_PROFILE` chooses from."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["PROFILES"]

PROFILES: Final[dict[str, dict[str, Any]]] = {
    # Fits four cores and 8 GiB beside Kubernetes itself: tests/unit/infra/constructs/
    # test_resource_quota.py adds it up.
    "minikube": {
        "exposure": "nodeport",
        "web_replicas": 1,
        "web_replicas_limit": 1,  # no autoscaling: a new minikube has no metrics server
        "runner_replicas": 1,
        "pod_cpu": "100m",
        "pod_memory": "384Mi",  # a runner at work holds 311 MiB, a web 158, a notebook 95
        "max_workers": 2,
        "max_runs": 2,
        "scheduler_cores": 0.4,
        "worker_cores": 0.5,
        "worker_memory": "768Mi",
        "redis_memory": "512Mi",
        "redis_volume": "2Gi",
    },
    "production": {"exposure": "ingress"},
}
