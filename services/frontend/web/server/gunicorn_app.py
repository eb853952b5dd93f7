"""`porta web`: the Flask application under gunicorn.

- It serves with threads, because every page that follows a run holds one. Each worker process makes
  its own application (no preload), and loads the compiled kernel before it accepts requests.
- It stops within a few seconds, also with event streams open: their generators are ended first.
- On any address but loopback it starts only where `PORTA_AUTH` is set.
"""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from frontend.errors import SettingsError
from frontend.observability import logs
from frontend.observability.multiprocess_dir import counting_together
from frontend.web.auth.bind_policy import refuse_strangers
from frontend.web.http.limits import FIELD_LIMIT_BYTES, FIELDS_LIMIT, LINE_LIMIT_BYTES
from frontend.web.server.worker import PortaWorker

if TYPE_CHECKING:
    from flask import Flask

    from frontend.bootstrap import Services
    from frontend.settings import Settings

__all__ = ["options", "serve"]

GRACE_S: Final = 3  # for requests under way when it stops; event streams end at once
KEEPALIVE_S: Final = 75  # longer than proxies keep an idle connection, so that they close it first
BACKLOG: Final = 2_048  # connections that wait to be accepted: gunicorn's own default
CONNECTIONS_BY_THREAD: Final = 4  # that wait beside those that are being answered
OTHER_FILES: Final = 128  # that a process has open beside its clients': Redis, modules, logs
# A process whose main loop has not run for so long is killed and replaced. No request holds the
# loop up; compiling the kernel before the first one took 40 s on a busy machine.
TIMEOUT_S: Final = 120


class PortaLogger(Logger):  # type: ignore[misc] # gunicorn is not annotated
    """Sends gunicorn's log lines where all others go, in the same form."""

    def setup(self, cfg: object) -> None:
        """Replace the handlers that gunicorn sets up by those of the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class PortaApplication(BaseApplication):  # type: ignore[misc] # gunicorn is not annotated
    """gunicorn, configured by Porta's settings alone: it reads no file and no command line."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        self._services: Services | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the Flask application; gunicorn calls this in each worker process."""
        from frontend.bootstrap import build_services
        from frontend.web.app import create_app

        self._services = build_services(self._settings, many_readers=True)
        return create_app(self._settings, self._services)

    def close_streams(self) -> None:
        """End the generators of all event streams."""
        if self._services is not None:
            self._services.hub.close()


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; raises SettingsError if the settings don't allow it."""
    refuse_strangers(settings, host)
    if settings.redis_location is None:
        raise SettingsError(
            "REDIS_URL", "is needed here; set it, or run `porta serve`, which brings its own Redis."
        )
    logs.configure(settings)
    _allow_connections()
    with counting_together():
        PortaApplication(settings, options(settings, host, port)).run()


def _allow_connections() -> None:
    """Raise the limit of open files, for this process and its children, to what is allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a lower limit, which it does not report
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _connections(threads: int) -> int:
    """Return how many connections a process has at most: within what its open files allow."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = threads * (1 + CONNECTIONS_BY_THREAD)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, max(soft - OTHER_FILES, 16))


def options(settings: Settings, host: str, port: int) -> dict[str, Any]:
    """Return gunicorn's options."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": settings.processes,
        "worker_class": PortaWorker,
        "threads": settings.threads,
        "worker_connections": _connections(settings.threads),
        "timeout": TIMEOUT_S,
        "backlog": BACKLOG,
        "keepalive": KEEPALIVE_S,
        "graceful_timeout": GRACE_S,
        "limit_request_line": LINE_LIMIT_BYTES,
        "limit_request_fields": FIELDS_LIMIT,
        "limit_request_field_size": FIELD_LIMIT_BYTES,
        "forwarded_allow_ips": "",  # trusted_proxies.py decides that, under any server
        "control_socket_disable": True,  # all instances would share one, in HOME
        "proc_name": "porta web",
        "loglevel": settings.log_level,
        "logger_class": PortaLogger,
        "post_worker_init": _warm_up,
        "worker_int": _stop_streams,
        "child_exit": _forget_process,
        "when_ready": _log_addresses,
    }


def _warm_up(_worker: PortaWorker) -> None:
    """Load the compiled kernel before the first request is accepted."""
    from sim.engine import warm

    warm()


def _stop_streams(worker: PortaWorker) -> None:
    worker.app.close_streams()


def _forget_process(_arbiter: object, worker: PortaWorker) -> None:
    """Drop the open event streams of a process that has ended from the metrics."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # its own gap


def _log_addresses(arbiter: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
    for address in arbiter.address:
        logs.logger(__name__).info("serving", address=str(address))
