"""The configuration of the embedded Dask Gateway, which its server reads with `-f`.

https://gateway.dask.org/api-server.html says what each name means.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from dask_gateway_server.options import Options, String

from frontend.embedded import cluster_preload
from frontend.embedded.gateway import GatewayOptions
from frontend.embedded.ports import LOOPBACK
from sim.cluster import PRELOAD

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE_S: Final = 120  # a living runner never leaves its cluster without work that long
FORGOTTEN_IDLE_S: Final = 180  # Dask's own limit, for a cluster that the Gateway has lost
HEARTBEAT_S: Final = 10
CHECK_S: Final = 2.0  # between two checks for processes that died while they started
STOPPING_S: Final = 2  # after SIGINT, and again after SIGTERM; then SIGKILL
# Dask's own, without `distributed.http.proxy`, which fetches pages of other hosts for anyone.
DASHBOARD_ROUTES: Final = (
    "distributed.http.scheduler.prometheus",
    "distributed.http.scheduler.info",
    "distributed.http.scheduler.json",
    "distributed.http.health",
    "distributed.http.statics",
)


def configure(c: Any, options: GatewayOptions, password: str) -> None:  # noqa: ANN401 - attributes of traitlets' Config exist by assignment
    """Set everything on `c`, the configuration object of traitlets."""
    c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
    c.DaskGateway.address = options.address
    c.SimpleAuthenticator.password = password
    c.Proxy.address = options.proxy_address
    c.Proxy.tcp_address = options.proxy_address
    c.Proxy.externally_managed = True
    _configure_backend(c, options)
    _configure_clusters(c, options)


def _configure_backend(c: Any, options: GatewayOptions) -> None:  # noqa: ANN401 - as above
    backend = c.UnsafeLocalBackend
    backend.db_url = "sqlite:///gateway.sqlite"  # relative to the server's working directory
    backend.stop_clusters_on_shutdown = False  # they keep running while it is restarted
    backend.clusters_directory = options.clusters
    backend.cluster_heartbeat_period = HEARTBEAT_S
    backend.cluster_status_period = CHECK_S
    backend.worker_status_period = CHECK_S
    backend.sigint_timeout = STOPPING_S
    backend.sigterm_timeout = STOPPING_S
    # Neither the URL of Redis nor a password: clusters need none.
    backend.inherited_environment = ["PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL"]
    # The run that a cluster belongs to; `list_clusters` returns it.
    backend.cluster_options = Options(String("tag", default=""), handler=lambda _options: {})


def _configure_clusters(c: Any, options: GatewayOptions) -> None:  # noqa: ANN401 - as above
    cluster = c.ClusterConfig
    # distributed 2026.6 no longer installs `dask-scheduler` and `dask-worker`, the defaults here.
    python = [sys.executable, "-m"]
    # The preload adds the dashboard when a page of it is asked for.
    confined = ["--no-dashboard", "--preload", cluster_preload.NAME, "--host", LOOPBACK]
    cluster.scheduler_cmd = [*python, "distributed.cli.dask_scheduler", *confined]
    # A worker starts in half the time without a nanny; the Gateway replaces one that dies.
    workers = [*python, "distributed.cli.dask_worker", "--no-nanny"]
    cluster.worker_cmd = [*workers, *confined, "--preload", PRELOAD]  # in this order
    cluster.worker_cores = 1
    cluster.worker_threads = 1
    cluster.worker_memory = options.worker_memory_bytes
    cluster.cluster_max_workers = options.max_workers
    cluster.idle_timeout = float(IDLE_S)
    cluster.environment = {
        **options.cluster_environ,
        "DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT": f"{FORGOTTEN_IDLE_S}s",
        # It looks at every thread a hundred times a second: a tenth of a worker's time.
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": json.dumps(DASHBOARD_ROUTES),
    }


def _configure_from(environ: Mapping[str, str], c: Any) -> None:  # noqa: ANN401 - as above
    configure(c, GatewayOptions.from_environ(environ), environ["DASK_GATEWAY_PASSWORD"])


if "get_config" in globals():  # traitlets defines it in the files that it reads
    _configure_from(os.environ, globals()["get_config"]())
