"""A Gateway as somebody else may run it: no password, no options, one port for everything."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sim.cluster import GatewayBackend
from tests import redis_servers
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["foreign_gateway"]

SCHEDULER: Final = (sys.executable, "-m", "distributed.cli.dask_scheduler")
WORKER: Final = (sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny")
CONFIGURATION: Final = """
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.address = "127.0.0.1:{}"
c.Proxy.address = "127.0.0.1:{}"
c.ClusterConfig.scheduler_cmd = {!r}
c.ClusterConfig.worker_cmd = {!r}
"""


@contextmanager
def foreign_gateway(
    folder: Path, *, scheduler: Sequence[str] = SCHEDULER, more: str = ""
) -> Iterator[str]:
    """Run it for the context's body; yield its address.

    `scheduler` is what it starts as one, `more` are further lines of its configuration.
    """
    port = redis_servers.free_port()
    configuration = folder / "foreign.py"
    configuration.write_text(
        CONFIGURATION.format(redis_servers.free_port(), port, list(scheduler), list(WORKER)) + more
    )
    command = (sys.executable, "-m", "dask_gateway_server", "-f", str(configuration))
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            backend = GatewayBackend(address)
            eventually(lambda: asyncio.run(backend.healthy()))
            yield address
        finally:
            server.terminate()
