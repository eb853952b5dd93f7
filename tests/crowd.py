"""Many clients of one web at a time: connections that are slow, half-sent, or stay open."""

from __future__ import annotations

import contextlib
import selectors
import socket
import statistics
import time
from typing import TYPE_CHECKING

from tests.deadlines import ANSWER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.installation import Installation


def connection(
    installation: Installation, request: bytes, *, buffer: int | None = None
) -> socket.socket:
    """A connection on which these bytes were sent."""
    client = socket.socket()
    if buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(ANSWER_S)
    client.connect(("127.0.0.1", installation.port))
    client.sendall(request)
    return client


@contextlib.contextmanager
def crowd(
    installation: Installation, request: bytes, count: int, *, buffer: int | None = None
) -> Iterator[list[socket.socket]]:
    """Keep this many connections open during the context."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(connection(installation, request, buffer=buffer))
            for _ in range(count)
        ]


def get(path: str) -> bytes:
    """A whole request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def answered(clients: Sequence[socket.socket], within_s: float) -> int:
    """How many of the connections have something to read within that time."""
    deadline = time.monotonic() + within_s
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client, selectors.EVENT_READ)
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                waiting.unregister(key.fileobj)
        return len(clients) - len(waiting.get_map())


def health_s(installation: Installation, asks: int = 31) -> float:
    """The median time in which /healthz answers a new client."""
    return statistics.median(_health_s(installation) for _ in range(asks))


def _health_s(installation: Installation) -> float:
    begun = time.monotonic()
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connection(installation, request) as client:
        assert client.recv(12) == b"HTTP/1.1 200"
    return time.monotonic() - begun
