"""Claims about work that is done for one reader."""

from __future__ import annotations

import socket
from itertools import count
from typing import TYPE_CHECKING

import pytest

from frontend.web.http.backpressure import SENT_BYTES, hang_up, limit_buffer, while_read

if TYPE_CHECKING:
    from flask.testing import FlaskClient

THINNED = "/api/v1/propagations/500/records?format=csv&max_points=8"


def test_work_ends_where_its_reader_has_left() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        read = while_read(count(), ours)
        assert [next(read), next(read)] == [0, 1]
        theirs.sendall(b"GET / HTTP/1.1")  # the next request, sent ahead
        assert next(read) == 2
        theirs.close()
        ours.recv(100)
        with pytest.raises(BrokenPipeError):
            next(read)


def test_a_reader_who_has_left_is_no_fault_of_ours(
    web: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        gone = {"gunicorn.socket": ours}
        answer = web.get(THINNED.replace("csv", "parquet"), environ_overrides=gone)
    assert answer.status_code == 400
    assert caplog.records == []


def test_work_goes_on_where_nobody_can_be_asked() -> None:
    assert list(while_read("ab", None)) == ["a", "b"]


def test_another_thread_can_end_the_connection_of_a_client() -> None:
    ours, theirs = socket.socketpair()
    end = hang_up(ours)
    assert end is not None
    end()
    assert theirs.recv(1) == b""
    theirs.close()
    ours.close()
    end()
    assert hang_up(None) is None


def test_the_kernel_holds_little_for_a_slow_reader() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_buffer(ours)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SENT_BYTES
    limit_buffer(ours)
    limit_buffer(None)
