"""Claims about what schedulers and workers load: whom they answer, and when they end.

Those of a real cluster are in tests/integration/test_embedded.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import httpx
import psutil
import pytest
from distributed.http.routing import RoutingApplication
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from frontend.embedded.cluster_preload import CHECK_S, SUPERVISOR, dask_setup, supervised_by
from tests.deadlines import within
from tests.processes import eventually, line_of, lives, python

WAITING: Final = "import time; print(flush=True); time.sleep(600)"
NODE: Final = """
import sys, time
from types import SimpleNamespace
from distributed.http.routing import RoutingApplication
from frontend.embedded.cluster_preload import dask_setup
dask_setup(SimpleNamespace(http_application=RoutingApplication([])))
print(flush=True)
time.sleep(600)
"""


class Page(RequestHandler):
    def get(self) -> None:
        self.write("a page")


class Node:
    """What a scheduler is to the preload: its own pages, and those of a dashboard in them."""

    def __init__(self) -> None:
        self.http_application = RoutingApplication([("/own", Page)])
        self.http_application.add_application(Application([("/dashboard", Page)]))


async def answers(path: str, **headers: str) -> int:
    node = Node()
    dask_setup(node)
    server = HTTPServer(node.http_application)
    held, port = bind_unused_port()
    server.add_socket(held)
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        return answer.status_code
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/own", "/dashboard"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8787", 200),
        ("localhost", 200),
        ("[::1]:8787", 200),
        ("rebound.example:8787", 403),
        ("127.0.0.1.rebound.example", 403),
        ("192.168.0.7:8787", 403),
    ],
)
def test_only_requests_for_loopback_are_answered(path: str, host: str, status: int) -> None:
    assert asyncio.run(answers(path, Host=host)) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:39215", 200),
        ("http://localhost", 200),
        ("https://other.example", 403),
        ("null", 403),
    ],
)
def test_only_pages_on_loopback_may_open_a_websocket(origin: str, status: int) -> None:
    assert asyncio.run(answers("/dashboard", Origin=origin)) == status


def test_a_node_ends_when_its_supervisor_is_gone() -> None:
    with python(WAITING) as supervisor:
        assert line_of(supervisor) == ""
        watched = supervised_by(psutil.Process(supervisor.pid))
        with python(NODE, environ=watched) as node:
            assert line_of(node) == ""
            supervisor.kill()
            supervisor.wait()
            eventually(lambda: not lives(node.pid), within_s=within(CHECK_S + 1))


def test_another_process_with_its_id_is_not_its_supervisor() -> None:
    me = psutil.Process()
    later: dict[str, Any] = {SUPERVISOR: f"{me.pid}:{me.create_time() - 1}"}
    with python(NODE, environ=later) as node:
        with contextlib.suppress(BrokenPipeError):
            line_of(node)
        eventually(lambda: not lives(node.pid))
