"""The Dask Gateway's settings that its chart has no values for.

The chart appends this file to its own configuration, where `c` is traitlets' configuration. So it
imports nothing of ours, and has no `from __future__` import, which would have to be the first line.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from dask_gateway_server.backends.kubernetes import KubeBackend
from dask_gateway_server.options import Float, Integer, Options, String

IDLE_S = 300.0  # a living runner never leaves its cluster without work for so long
FORGOTTEN_IDLE = "360s"  # Dask's own time-out, for a cluster that the Gateway has lost
# How many workers a task may lose before Dask calls the task itself bad, where nodes are reclaimed;
# else it is Dask's own number, 3: https://distributed.dask.org/en/stable/killed.html
RECLAIMED = "10"
GIB = 2**30
EXPECTED = "workers_expected"  # sim.cluster.gateway says by it how many workers it will ask for
USER = 10_001  # the image's user

POD = {
    "enableServiceLinks": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}}],
}
CONTAINER = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "workingDir": "/tmp",  # noqa: S108 -- in the container: Dask makes a folder in its working directory
    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 -- the same
}


class PatientBackend(KubeBackend):
    """The Gateway's backend, which tries for ten seconds to reach a new scheduler.

    The name of a scheduler's Service may resolve a moment late. The backend tries three times
    within 0.3 s, then gives the whole cluster up, and its number of tries is not configurable
    (https://github.com/dask/dask-gateway/blob/2026.3.0/dask-gateway-server/dask_gateway_server/backends/base.py).
    Upstream has no thread about it; dask-kubernetes met the same, and tries longer since
    (https://github.com/dask/dask-kubernetes/issues/401).
    """

    scheduler_api_retries = 8  # after 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 and 5 s: 11 s in all


# An autoscaler that removes a node must not take the scheduler with it: its whole cluster would be
# lost. https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md,
# https://karpenter.sh/docs/concepts/disruption/
STAYS = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}


def nodes_of(label: str) -> dict[str, Any]:
    """Return what puts a pod on nodes with a label, `key=value`, and on no others.

    Taints with the same key are tolerated: clouds mark spot nodes with both.
    """
    if not label:
        return {}
    key, _, value = label.partition("=")
    return {
        "nodeSelector": {key: value},
        "tolerations": [{"key": key, "operator": "Exists"}],
    }


def failures_of(label: str) -> dict[str, str]:
    """Return the variable of a cluster whose workers are on nodes that may go at any moment."""
    return {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": RECLAIMED} if label else {}


def limits_of(options: Any) -> dict[str, Any]:  # noqa: ANN401 -- made by dask-gateway's Options
    """Return the resources of a cluster's workers; limits equal requests, so none is evicted."""
    memory = int(options.worker_memory * GIB)
    return {
        "worker_cores": options.worker_cores,
        "worker_cores_limit": options.worker_cores,
        "worker_memory": memory,
        "worker_memory_limit": memory,
    }


def scheduler_of(workers: int, sizes: list[list[float]]) -> dict[str, Any]:
    """Return the resources of the scheduler of a cluster of so many workers; limits are requests.

    `sizes` has rows, the smallest first: up to how many workers, cores, GiB.
    """
    fitting = [row for row in sizes if workers <= row[0]] or [sizes[-1]]
    _, cores, gib = fitting[0]
    memory = int(gib * GIB)
    return {
        "scheduler_cores": cores,
        "scheduler_cores_limit": cores,
        "scheduler_memory": memory,
        "scheduler_memory_limit": memory,
    }


def configure(c: Any, environ: Mapping[str, str]) -> None:  # noqa: ANN401 -- traitlets' Config creates its attributes when they are read
    """Configure the Gateway: set attributes of `c`."""
    # From a Secret, through the environment: the chart's value would end in a ConfigMap.
    c.SimpleAuthenticator.password = environ["DASK_GATEWAY_PASSWORD"]
    c.DaskGateway.backend_class = PatientBackend
    workers = int(environ["PORTA_CLUSTER_MAX_WORKERS"])
    cores, memory = (float(environ[f"PORTA_WORKER_{what}"]) for what in ("CORES", "GIB"))
    schedulers = json.loads(environ["PORTA_SCHEDULERS"])
    _, own_cores, own_memory = schedulers[-1]
    c.KubeBackend.cluster_options = Options(
        String("tag", default=""),  # the run that a cluster belongs to
        Float("worker_cores", default=cores, min=0.1, max=4 * cores, label="Cores of a worker"),
        Float(
            "worker_memory",
            default=memory,
            min=0.5,
            max=4 * memory,
            label="Memory of a worker, GiB",
        ),
        Integer(EXPECTED, default=workers, min=1, label="Workers that the scheduler is made for"),
        handler=lambda options: limits_of(options) | scheduler_of(options[EXPECTED], schedulers),
    )
    worker_nodes = environ["PORTA_WORKER_NODES"]
    cluster = c.KubeClusterConfig
    # distributed 2026.6 no longer installs `dask-scheduler` and `dask-worker`, the defaults.
    cluster.scheduler_cmd = ["dask", "scheduler"]
    cluster.worker_cmd = ["dask", "worker", "--no-nanny"]
    cluster.worker_threads = 1
    cluster.idle_timeout = IDLE_S
    # A cluster with larger workers has fewer of them, so it never exceeds its share of the quota.
    # The margins are there because the Gateway uses floor division on floats.
    cluster.cluster_max_workers = workers
    cluster.cluster_max_cores = own_cores + workers * cores + 0.001
    cluster.cluster_max_memory = int((own_memory + workers * memory) * GIB) + 1
    cluster.environment = {
        "HOME": "/tmp",  # noqa: S108 -- in the container
        "DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT": FORGOTTEN_IDLE,
        "DASK_DISTRIBUTED__WORKER__PRELOAD": "sim.driver.tasks",  # loads the compiled kernel
        **failures_of(worker_nodes),
    }
    cluster.scheduler_extra_pod_annotations = STAYS
    cluster.scheduler_extra_pod_config = {
        **POD,
        "priorityClassName": environ["PORTA_SCHEDULER_PRIORITY"],
    }
    cluster.worker_extra_pod_config = {
        **POD,
        "priorityClassName": environ["PORTA_WORKER_PRIORITY"],
        **nodes_of(worker_nodes),
    }
    for kind in ("scheduler", "worker"):
        setattr(cluster, f"{kind}_extra_container_config", CONTAINER)


if "c" in globals():  # the chart's configuration, which this file is appended to
    configure(globals()["c"], os.environ)
