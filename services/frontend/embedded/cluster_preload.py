"""What every scheduler and worker of the embedded Gateway loads first (Dask's `--preload`).

- It ends when the supervisor that started its Gateway is gone, however that ended: also when
  `porta serve` and the supervisor were killed at once, and nobody is left to stop it.
- Its dashboard is loaded at the first request for a page: half a second of the processor, which few
  clusters are ever asked for, and which would come before the first task.
- A worker loads numba without SciPy, where that is installed. numba looks for the BLAS in it, which
  takes as long as all that a kernel needs, and no kernel of Porta's uses one.
- Its dashboard answers only requests for a host name of loopback, and from pages of such a host.
  Otherwise another site's name could be made to point here, and its pages could read the dashboard
  (DNS rebinding), or open its websocket.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPServerRequest

__all__ = ["NAME", "dask_setup", "supervised_by"]

NAME: Final = __name__
SUPERVISOR: Final = "EMBEDDED_SUPERVISOR"  # the variable with its process id and start time
CHECK_S: Final = 5.0  # docs/operations.md promises a minute
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
FORBIDDEN: Final = 403


def supervised_by(process: psutil.Process) -> dict[str, str]:
    """Return the environment of the processes that end when `process` is gone."""
    return {SUPERVISOR: f"{process.pid}:{process.create_time()}"}


def dask_setup(node: Any) -> None:  # noqa: ANN401 - a Scheduler or a Worker, which is not annotated
    """Prepare a scheduler or a worker; Dask calls it before the node is used."""
    from distributed import Worker

    _answer_only_loopback(node.http_application, partial(_load_dashboard, node))
    if isinstance(node, Worker):
        _load_numba_without_scipy()
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is not None:
        threading.Thread(
            target=_end_with, args=(supervisor,), name="supervisor", daemon=True
        ).start()


def _load_numba_without_scipy() -> None:
    if "scipy" in sys.modules:
        return
    sys.modules["scipy"] = None  # type: ignore[assignment] # imports of it fail
    try:
        import numba.np.arraymath  # noqa: F401 - it looks for the BLAS
    finally:
        del sys.modules["scipy"]


def _load_dashboard(node: Any) -> None:  # noqa: ANN401 - as in dask_setup
    """Add what a scheduler or a worker adds at its start without `--no-dashboard`."""
    from distributed import Scheduler, Worker

    if isinstance(node, Scheduler):
        from distributed.dashboard.scheduler import connect
    elif isinstance(node, Worker):
        from distributed.dashboard.worker import connect
    else:
        return
    connect(node.http_application, node.http_server, node)


def _answer_only_loopback(
    application: Any,  # noqa: ANN401 - Dask's RoutingApplication
    load_dashboard: Callable[[], None],
) -> None:
    """Refuse requests for other host names, whichever application would answer them."""
    from tornado.web import ErrorHandler

    find_handler = application.find_handler
    load_once = cache(load_dashboard)

    def find(request: HTTPServerRequest, **options: object) -> object:
        if request.host_name in LOOPBACK and _is_own(request.headers.get("Origin")):
            load_once()
            return find_handler(request, **options)
        refusal = {"status_code": FORBIDDEN}
        return application.get_handler_delegate(request, ErrorHandler, refusal)

    application.find_handler = find  # tornado and Dask have no hook that sees every request


def _is_own(origin: str | None) -> bool:
    """Whether a request is from a page on loopback, or from none."""
    return origin is None or urlsplit(origin).hostname in LOOPBACK


def _end_with(supervisor: str) -> None:
    never = threading.Event()
    while _lives(supervisor):
        never.wait(CHECK_S)
    os.kill(os.getpid(), signal.SIGKILL)  # a shutdown in order would wait for others that are gone


def _lives(supervisor: str) -> bool:
    """Whether it is there; another process may have its id since, with another start time."""
    pid, _, started = supervisor.partition(":")
    try:
        process = psutil.Process(int(pid))
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and process.create_time() == float(started)
    except psutil.NoSuchProcess:
        return False
