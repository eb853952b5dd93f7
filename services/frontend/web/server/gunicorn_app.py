"""`porta web`: the Flask application under gunicorn, started from here and from nowhere else.

- Threads, because every page that follows a run holds one; the application is made in the
  worker process (no preload), and the kernel is warm before the first request is taken.
- It stops within a few seconds with event streams open: their generators are ended first.
- On any address but loopback it starts only if somebody has decided who may start things.
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
from frontend.web.server.worker import PortaWorker

if TYPE_CHECKING:
    from flask import Flask

    from frontend.bootstrap import Services
    from frontend.settings import Settings

__all__ = ["options", "serve"]

GRACE_S: Final = 3  # for requests under way when it stops; event streams end at once
KEEPALIVE_S: Final = 75  # longer than proxies keep theirs, so that none is closed as it is used
QUEUED_CONNECTIONS: Final = 2_048
LONGEST_LINE: Final = 4_094  # bytes of `GET <path and query> HTTP/1.1`; none of ours has a tenth
MOST_FIELDS: Final = 100  # browsers send about 20 headers, proxies add as many
LONGEST_FIELD: Final = 8_190  # bytes: a proxy's own cookies may take half of that
CONNECTIONS_BY_THREAD: Final = 4  # kept alive beside those that are being answered


class PortaLogger(Logger):  # type: ignore[misc] # gunicorn is not annotated
    """Lets gunicorn's lines go where all others go, in the same form."""

    def setup(self, cfg: object) -> None:
        """Undo what gunicorn sets up for itself."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class PortaApplication(BaseApplication):  # type: ignore[misc] # gunicorn is not annotated
    """gunicorn, configured by Porta's settings; neither its files nor its options are read."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        self._services: Services | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application; gunicorn calls it in each worker process."""
        from frontend.bootstrap import build_services
        from frontend.web.app import create_app

        self._services = build_services(self._settings, many_readers=True)
        return create_app(self._settings, self._services)

    def close_streams(self) -> None:
        """End the generators of all event streams."""
        if self._services is not None:
            self._services.hub.close()


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; raises SettingsError where it must not start."""
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
    """Let this process and its children have as many open files as the system lets them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a lower limit, which it does not tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def options(settings: Settings, host: str, port: int) -> dict[str, Any]:
    """Return what gunicorn is told."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": settings.processes,
        "worker_class": PortaWorker,
        "threads": settings.threads,
        "worker_connections": settings.threads * (1 + CONNECTIONS_BY_THREAD),
        "backlog": QUEUED_CONNECTIONS,
        "keepalive": KEEPALIVE_S,
        "graceful_timeout": GRACE_S,
        "limit_request_line": LONGEST_LINE,
        "limit_request_fields": MOST_FIELDS,
        "limit_request_field_size": LONGEST_FIELD,
        "forwarded_allow_ips": "",  # proxies.py decides who is believed, under any server
        "control_socket_disable": True,  # it lies in HOME, and all instances would share it
        "proc_name": "porta web",
        "loglevel": settings.log_level,
        "logger_class": PortaLogger,
        "post_worker_init": _warm_up,
        "worker_int": _stop_streams,
        "child_exit": _forget_process,
        "when_ready": _say_where,
    }


def _warm_up(_worker: PortaWorker) -> None:
    """Load the compiled kernel before the first request is taken."""
    from sim.engine import warm

    warm()


def _stop_streams(worker: PortaWorker) -> None:
    worker.app.close_streams()


def _forget_process(_arbiter: object, worker: PortaWorker) -> None:
    """Count no open streams of a process that has gone."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # its own gap


def _say_where(arbiter: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
    for address in arbiter.address:
        logs.logger(__name__).info("serving", address=str(address))
