"""What every scheduler and worker of the embedded Gateway loads first (Dask's `--preload`).

- It ends when the supervisor that started its Gateway is gone, however that ended: also when
  `porta serve` and the supervisor were killed at once, and nobody is left to stop it.
- Its dashboard answers only requests for a host name of loopback, and from pages of such a host.
  Otherwise another site's name could be made to point here, and its pages could read the dashboard
  (DNS rebinding), or open its websocket.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psutil

if TYPE_CHECKING:
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
    _answer_only_loopback(node.http_application)
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is not None:
        threading.Thread(
            target=_end_with, args=(supervisor,), name="supervisor", daemon=True
        ).start()


def _answer_only_loopback(application: Any) -> None:  # noqa: ANN401 - Dask's RoutingApplication
    """Refuse requests for other host names, whichever application would answer them."""
    from tornado.web import ErrorHandler

    find_handler = application.find_handler

    def find(request: HTTPServerRequest, **options: object) -> object:
        if request.host_name in LOOPBACK and _is_own(request.headers.get("Origin")):
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
