"""Claims about when a request has arrived, so that a thread can go on with it."""

from __future__ import annotations

import pytest

from frontend.web.server.worker import PEEKED_BYTES, has_arrived

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "seen",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEAD + b"Content-Length: 3\r\n\r\nabc",
        HEAD + b"content-length:3\r\n\r\nabcGET /",
        HEAD + b"Content-Length: 0\r\n\r\n",
        HEAD + b"Content-Length: 99\r\nExpect: 100-continue\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Content-Length: 999999\r\n\r\n" + b"a" * PEEKED_BYTES,
        HEAD + b"Content-Length: 1000001\r\n\r\n",
        HEAD + b"X: " + b"a" * PEEKED_BYTES,
    ],
)
def test_a_thread_goes_on_with_what_is_whole_or_too_large_to_wait_for(seen: bytes) -> None:
    assert has_arrived(seen)


@pytest.mark.parametrize(
    "seen",
    [
        b"G",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        HEAD + b"Content-Length: 3\r\n\r\nab",
        HEAD + b"Content-Length: 3\r\n\r\n",
    ],
)
def test_what_is_half_sent_waits(seen: bytes) -> None:
    assert not has_arrived(seen)
