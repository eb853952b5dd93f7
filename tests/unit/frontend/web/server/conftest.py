"""A real worker of the web server, in a thread of the test, with a small application."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from gunicorn.app.base import BaseApplication

from frontend.settings import Settings
from frontend.web.server.gunicorn_app import options
from frontend.web.server.worker import PortaWorker
from tests.deadlines import EVENTUALLY_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

THREADS: Final = 8
CONNECTIONS: Final = 1_000
LARGE_BYTES: Final = 500_000  # a response that the kernel takes whole
RELEASED: Final = threading.Event()  # what `/hold` waits for


@dataclass
class Server:
    """The worker, and the address where it listens."""

    worker: PortaWorker
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=EVENTUALLY_S)


class _Application(BaseApplication):  # type: ignore[misc] # gunicorn is not annotated
    def load_config(self) -> None:
        settings = Settings(redis_url="redis://127.0.0.1:1", threads=THREADS)
        for name, value in options(settings, "127.0.0.1", 0).items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - gunicorn is not annotated
        return echo

    def close_streams(self) -> None:
        """There are none."""


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the body of the request; fail, or wait before, if its path says so."""
    if environ["PATH_INFO"] == "/fail":
        raise RuntimeError
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/hold":
        RELEASED.wait(EVENTUALLY_S)
    if environ["PATH_INFO"] == "/large":
        body = bytes(LARGE_BYTES)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server() -> Iterator[Server]:
    app = _Application()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0), backlog=2_048)) as listener:
        log = app.cfg.logger_class(app.cfg)
        worker = PortaWorker(1, os.getppid(), [listener], app, 30, app.cfg, log)
        worker.worker_connections = CONNECTIONS
        worker.tpool = worker.get_thread_pool()
        worker.poller = selectors.DefaultSelector()
        worker.method_queue.init()
        worker.load_wsgi()
        running = threading.Thread(target=worker.run)
        running.start()
        try:
            yield Server(worker, listener.getsockname()[1])
        finally:
            worker.handle_exit(15, None)
            running.join(EVENTUALLY_S)
            worker.tmp.close()
            assert not running.is_alive()
