"""Which place `on=` means: this process, a Dask client, a Dask Gateway, or a running Porta."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from porta.errors import ArgumentError, ArgumentTypeError
from porta.execution.in_process import InProcess
from porta.execution.server import Server

if TYPE_CHECKING:
    from porta.execution.on_server import OnServer
    from porta.sources import Execution

__all__ = ["execution_on", "server_execution"]

_PLACES = (
    "None for this process, a Dask client, a Dask Gateway, or the address of a running Porta, such "
    "as 'http://127.0.0.1:8080'"
)


def execution_on(on: object, workers: int | None) -> Execution:
    """Return where to compute, with so many workers at most; None for as many as are useful.

    Dask is imported only by who has a client or a Gateway already. Raises ArgumentTypeError for
    what is no such place.
    """
    if on is None:
        return InProcess(threads=workers)
    if isinstance(on, str | Server):
        return server_execution(Server(on) if isinstance(on, str) else on, workers)
    if isinstance(on, _known("distributed", "Client")):
        from porta.execution.on_dask import on_client

        return on_client(on, workers)
    if isinstance(on, _known("dask_gateway", "Gateway")):
        from porta.execution.on_dask import on_gateway

        return on_gateway(on, workers)
    hint = ": hand over its client, cluster.get_client()" if hasattr(on, "get_client") else ""
    raise ArgumentTypeError(
        "on", f"on must be {_PLACES}, not a value of type {type(on).__name__}{hint}."
    )


def server_execution(server: Server, workers: int | None) -> OnServer:
    """Return a running Porta as a place; raises ArgumentError for a number of workers."""
    if workers is not None:
        raise ArgumentError(
            "workers", "workers can't be chosen at a running Porta, which decides: leave it out."
        )
    from porta.execution.on_server import OnServer

    return OnServer(server)


def _known(package: str, name: str) -> Any:  # noqa: ANN401 - a type, or no type at all
    """Return a class of a package that is loaded already: else nothing is an instance of it."""
    found = getattr(sys.modules.get(package), name, None)
    return found if isinstance(found, type) else ()
