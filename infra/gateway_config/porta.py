"""The Dask Gateway's settings that the chart has no values for.

The chart appends this file to its own configuration, where `c` is traitlets' configuration; so
it imports nothing of ours, and has no `from __future__` line (it would not be the first).
"""

import os
from collections.abc import Mapping
from typing import Any

from dask_gateway_server.options import Float, Options, String

IDLE_S = 300.0  # a runner that lives never leaves its cluster without work that long
FORGOTTEN_IDLE = "360s"  # the same by Dask itself, where the Gateway forgot the cluster
GIB = 2**30
USER = 10_001  # the image's

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
    "workingDir": "/tmp",  # noqa: S108 -- in the container: Dask makes a folder where it stands
    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 -- the same
}


def limits_of(options: Any) -> dict[str, Any]:  # noqa: ANN401 -- made by dask-gateway's Options
    """Return what a cluster's options mean: limits equal requests, so that nobody is evicted."""
    memory = int(options.worker_memory * GIB)
    return {
        "worker_cores": options.worker_cores,
        "worker_cores_limit": options.worker_cores,
        "worker_memory": memory,
        "worker_memory_limit": memory,
    }


def configure(c: Any, environ: Mapping[str, str]) -> None:  # noqa: ANN401 -- traitlets' Config makes its attributes up
    """Set everything on `c`."""
    # From a Secret by way of the environment: the chart would put it into a ConfigMap.
    c.SimpleAuthenticator.password = environ["DASK_GATEWAY_PASSWORD"]
    workers = int(environ["PORTA_CLUSTER_MAX_WORKERS"])
    cores, memory = (float(environ[f"PORTA_WORKER_{what}"]) for what in ("CORES", "GIB"))
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
        handler=limits_of,
    )
    cluster = c.KubeClusterConfig
    # distributed 2026.6 no longer installs `dask-scheduler` and `dask-worker`, the defaults.
    cluster.scheduler_cmd = ["dask", "scheduler"]
    cluster.worker_cmd = ["dask", "worker", "--no-nanny"]
    cluster.worker_threads = 1
    cluster.idle_timeout = IDLE_S
    own_cores, own_memory = (float(environ[f"PORTA_SCHEDULER_{what}"]) for what in ("CORES", "GIB"))
    cluster.scheduler_cores = cluster.scheduler_cores_limit = own_cores
    cluster.scheduler_memory = cluster.scheduler_memory_limit = int(own_memory * GIB)
    # Larger workers are fewer: a cluster never takes more than its share of the quota. (The
    # Gateway divides these without remainder, in floating point: hence a little more.)
    cluster.cluster_max_workers = workers
    cluster.cluster_max_cores = own_cores + workers * cores + 0.001
    cluster.cluster_max_memory = int((own_memory + workers * memory) * GIB) + 1
    cluster.environment = {
        "HOME": "/tmp",  # noqa: S108 -- in the container
        "DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT": FORGOTTEN_IDLE,
        "DASK_DISTRIBUTED__WORKER__PRELOAD": "sim.driver.tasks",  # which loads the kernel
    }
    for kind in ("scheduler", "worker"):
        setattr(cluster, f"{kind}_extra_pod_config", POD)
        setattr(cluster, f"{kind}_extra_container_config", CONTAINER)


if "c" in globals():  # the chart's configuration, which this is a part of
    configure(globals()["c"], os.environ)
