"""Claims about work that is done for one reader."""

from __future__ import annotations

import contextlib
import socket
from itertools import count
from typing import TYPE_CHECKING

import pytest

from frontend.errors import Busy
from frontend.web.http.backpressure import AT_A_TIME, few_at_a_time, while_read

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


def test_more_than_a_few_are_told_when_to_ask_again(web: FlaskClient) -> None:
    with contextlib.ExitStack() as others:
        for _ in range(AT_A_TIME):
            other = few_at_a_time(iter("ab"))
            next(other)
            others.callback(other.close)
        with pytest.raises(Busy):
            next(few_at_a_time(iter("ab")))
        answer = web.get(THINNED)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert web.get("/propagate/500/data.js").status_code == 200
    assert web.get(THINNED).status_code == 200


def test_whoever_is_through_makes_room(web: FlaskClient) -> None:
    for _ in range(2 * AT_A_TIME):
        assert web.get(THINNED).status_code == 200
