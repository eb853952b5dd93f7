"""A thousand pages that follow a run: how soon anything else is answered meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import resource
import selectors
import socket
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.load.servers import web
from benchmarks.measure import Figure, Sample, at_most, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS: Final = 1_000
ASKED: Final = 200
OPEN_S: Final = 60.0


@measure("/healthz beside 1,000 event streams, 99th percentile", unit="ms", target=at_most(50))
@contextlib.contextmanager
def healthz() -> Iterator[Sample]:
    """Take the time within which 99 of 100 are answered while 1,000 streams hear events."""
    with web() as installation, installation.client() as client:
        links = client.post("/api/v1/propagations", json={"steps": 50_000_000}).json()["links"]
        with _open(installation.port, links["events"]):

            def sample() -> Figure:
                """Ask over and over, while others line up, which every stream hears."""
                seconds = sorted(_asked(installation.port) for _ in range(ASKED))
                at = {"median_ms": seconds[ASKED // 2] * 1e3, "most_ms": seconds[-1] * 1e3}
                return Figure(seconds[ASKED * 99 // 100] * 1e3, at)

            yield sample


def _asked(port: int) -> float:
    """Return how long an answer takes, over a connection of its own as a probe's is."""
    begun = perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/healthz")
    if connection.getresponse().status != http.client.OK:
        raise ValueError("/healthz is not well.")
    connection.close()
    return perf_counter() - begun


@contextlib.contextmanager
def _open(port: int, path: str) -> Iterator[None]:
    """Have the streams open, each of which has sent something, and read by nobody further."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * STREAMS), most))
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as silent:
        for _ in range(STREAMS):
            stream = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: porta\r\n\r\n".encode())
            silent.register(stream, selectors.EVENT_READ)
        deadline = perf_counter() + OPEN_S
        while silent.get_map():
            if perf_counter() > deadline:
                raise TimeoutError(f"{len(silent.get_map())} streams have sent nothing.")
            for key, _ in silent.select(1.0):
                silent.unregister(key.fileobj)
        yield
