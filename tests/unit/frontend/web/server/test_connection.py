"""Claims about until when a connection may wait."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from gunicorn.config import Config

from frontend.web.server import connection
from frontend.web.server.connection import HEAD_S, REQUEST_S, Connection, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def conn() -> Iterator[Connection]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Connection(Config(), ours, ("192.0.2.1", 5), ("192.0.2.2", 80))


def test_the_deadline_is_counted_from_the_first_byte(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(100, 200, 5))
    monkeypatch.setattr(connection, "monotonic", lambda: float(next(clock)))
    conn.receive(b"POST / HTTP/1.1\r\nHost: a\r\n")
    assert (conn.phase, conn.deadline) == (Phase.HEAD, 100 + HEAD_S)
    conn.receive(b"Content-Length: 9\r\n\r\n")
    assert (conn.phase, conn.deadline) == (Phase.BODY, 100 + REQUEST_S + 5)
    conn.receive(b"abc")
    assert conn.deadline == 100 + REQUEST_S + 5, "no byte moves it"


def test_a_connection_that_has_been_answered_keeps_nothing_of_the_request(
    conn: Connection,
) -> None:
    sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /"
    assert conn.receive(sent) is not None
    assert conn.expect_request(75) == b"GET /"
    assert (conn.phase, conn.arrival.held) == (Phase.IDLE, 0)
    assert conn.parser is None
