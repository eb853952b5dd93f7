"""Claims about when a request has arrived, however its bytes are cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from hypothesis import given
from hypothesis import strategies as st

from frontend.web.server.arrival import Arrival

PEER: Final = ("192.0.2.1", 5)
HEAD: Final = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE: Final = {
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n": b"",
    b"\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n": b"",
    HEAD + b"Content-Length: 3\r\n\r\nabc": b"abc",
    HEAD + b"content-length:0\r\n\r\n": b"",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nX: y\r\n\r\n": b"abc",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc": b"abc",
    b"GET / HTTP/1.0\r\n\r\n": b"",
}


def arrival() -> Arrival:
    return Arrival(Config(), PEER, 1)


@given(st.sampled_from(list(WHOLE)), st.data())
def test_however_it_is_cut_it_has_arrived_with_its_last_byte(
    whole: bytes, data: st.DataObject
) -> None:
    cuts = sorted({0, *data.draw(st.lists(st.integers(1, len(whole) - 1))), len(whole)})
    pieces = [whole[a:b] for a, b in pairwise(cuts)]
    arriving = arrival()
    if whole.startswith(b"GET") and WHOLE[whole]:
        pieces = [whole]  # else it is not waited for
    assert [arriving.receive(piece) for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
    request = arriving.receive(pieces[-1] + b"GET /next")
    assert request is not None
    assert request.body.read() == WHOLE[whole]
    assert arriving.rest == b"GET /next"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Content-Length: 2000001\r\n\r\n",
    ],
)
def test_what_no_handler_reads_is_not_waited_for_and_ends_the_connection(head: bytes) -> None:
    request = arrival().receive(head)
    assert request is not None
    assert request.body.read() == b""
    assert request.should_close()


TIMES: Final = b"POST /api/v1/propagations/500/records?format=csv HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize("body", ["Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_the_times_of_states_may_be_more_than_other_bodies(body: str) -> None:
    arriving, text = arrival(), b"1" * 2_000_000
    assert arriving.receive(TIMES + body.encode() + b"\r\n\r\n") is None
    data = text if "Length" in body else b"1e8480\r\n" + text + b"\r\n0\r\n\r\n"
    request = arriving.receive(data)
    assert request is not None
    assert request.body.read() == text


def test_more_times_than_there_may_be_are_not_waited_for() -> None:
    request = arrival().receive(TIMES + b"Content-Length: 24000001\r\n\r\n")
    assert request is not None
    assert request.should_close()


def test_what_it_holds_is_what_has_arrived_of_the_body() -> None:
    arriving = arrival()
    arriving.receive(HEAD)
    assert arriving.held == len(HEAD)
    arriving.receive(b"Content-Length: 9\r\n\r\nabcd")
    assert arriving.held == 4
    arriving.receive(b"efghi")
    assert arriving.held == 9, "its thread has the body in memory"


def test_a_line_is_refused_as_soon_as_it_is_too_long() -> None:
    arriving = arrival()
    with pytest.raises(LimitRequestLine):
        arriving.receive(b"GET /" + b"a" * 4_100)


def test_a_head_is_refused_as_soon_as_it_is_too_large() -> None:
    arriving = arrival()
    field = b"a: " + b"b" * 1_000 + b"\r\n"
    arriving.receive(b"GET / HTTP/1.1\r\n" + 32 * field)
    with pytest.raises(LimitRequestHeaders):
        arriving.receive(field)
